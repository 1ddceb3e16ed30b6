"""The OpenAPI document says how requests are refused, and the refusals are as it says."""

from __future__ import annotations

import pytest
from django.urls import reverse

from common.api_schema import OPERATIONS, PROBLEM


@pytest.fixture
def document(client, db) -> dict:
    return client.get(reverse("schema"), headers={"accept": "application/json"}).json()


def operations(document):
    for path, item in document["paths"].items():
        yield from ((path, method, item[method]) for method in OPERATIONS if method in item)


def test_every_operation_lists_its_refusals_in_one_shape(document):
    for path, method, operation in operations(document):
        refusals = {status for status in operation["responses"] if status >= "400"}
        assert refusals >= {"401", "403", "429"}, (path, method)
        for status in refusals:
            schema = operation["responses"][status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": f"#/components/schemas/{PROBLEM}"}
    assert document["components"]["schemas"][PROBLEM]["properties"]["error"]["required"] == [
        "code",
        "message",
        "details",
    ]


def described(document, path, method):
    return document["paths"][path][method]["responses"]


@pytest.mark.parametrize(
    ("method", "path", "template", "body", "status"),
    [
        ("post", "/api/v1/payment-links/", "/api/v1/payment-links/", "{", 400),
        ("get", "/api/v1/accounts/ACC-NOPE/", "/api/v1/accounts/{reference}/", "", 404),
        ("get", "/api/v1/accounts/?cursor=zzz", "/api/v1/accounts/", "", 404),
        ("get", "/api/v1/imports/?state=odd", "/api/v1/imports/", "", 422),
        ("get", "/api/v1/payment-links/none/", "/api/v1/payment-links/{id}/", "", 404),
        ("post", "/api/v1/payment-links/", "/api/v1/payment-links/", "{}", 422),
    ],
)
def test_a_refusal_is_as_the_document_says(harbour, document, method, path, template, body, status):
    answer = getattr(harbour, method)(path, body, content_type="application/json")
    assert answer.status_code == status
    assert str(status) in described(document, template, method)
    assert set(answer.json()["error"]) == {"code", "message", "details"}


def test_a_body_of_another_media_type_is_refused_as_described(harbour, document):
    answer = harbour.post("/api/v1/payment-links/", "a=1", content_type="text/plain")
    assert answer.status_code == 415 and "415" in described(document, "/api/v1/payment-links/", "post")


def test_too_many_requests_are_refused_as_described(harbour, document, monkeypatch):
    monkeypatch.setattr("accounts.api_auth.KeyRateThrottle.get_rate", lambda self: "1/min")
    harbour.get("/api/v1/accounts/")
    answer = harbour.get("/api/v1/accounts/")
    assert answer.status_code == 429 and answer.json()["error"]["code"] == "throttled"
    assert int(answer["Retry-After"]) > 0
    assert "Retry-After" in described(document, "/api/v1/accounts/", "get")["429"]["headers"]
