"""The creditors' machines: what they may see and do, and what they are told when they may not."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import ApiKey
from accounts.tasks import deliver_webhooks
from collections_platform.health import SIGNS_OF_LIFE
from common.models import IdempotencyRecord
from payments.models import PaymentLink
from tests import factories
from tests.api.conftest import client_of

LISTS = [
    "creditors",
    "debtors",
    "accounts",
    "imports",
    "payment-links",
    "payments",
    "webhook-endpoints",
    "webhook-deliveries",
]


def link_for(account, client, **fields):
    return client.post("/api/v1/payment-links/", {"account": account.reference} | fields)


@pytest.mark.parametrize("name", LISTS)
def test_every_list_wants_a_key(client, db, name):
    answer = client.get(f"/api/v1/{name}/")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_authenticated"


@pytest.mark.parametrize("name", LISTS)
def test_a_key_without_the_scope_is_told_which_one_it_lacks(account, name):
    answer = client_of(account.creditor, scopes=[]).get(f"/api/v1/{name}/")
    assert answer.status_code == 403 and "scope" in answer.json()["error"]["message"]


@pytest.mark.parametrize("name", LISTS)
def test_every_list_answers_the_owner(harbour, name):
    assert harbour.get(f"/api/v1/{name}/").status_code == 200


def test_an_unknown_or_revoked_key_is_refused(account, harbour):
    ApiKey.objects.update(revoked_at="2026-01-01T00:00:00Z")
    assert harbour.get("/api/v1/accounts/").status_code == 401


def test_only_the_hash_of_a_key_is_kept(harbour):
    key = harbour._credentials["HTTP_AUTHORIZATION"].split()[1]
    assert key.split(".")[1] not in str(ApiKey.objects.values().get())


def test_an_account_shows_balance_and_components_in_minor_units(account, harbour):
    body = harbour.get(f"/api/v1/accounts/{account.reference}/").json()
    assert body["balance_minor"] == 125_000 and body["components"]["principal"] == 125_000
    assert body["currency"] == "CNY" and body["status"] == "open"


@pytest.mark.parametrize("path", ["accounts/{a}/", "debtors/{d}/"])
def test_one_creditor_never_sees_the_rows_of_another(account, stranger, path):
    answer = stranger.get("/api/v1/" + path.format(a=account.reference, d=account.debtor_id))
    assert answer.status_code == 404
    assert stranger.get("/api/v1/accounts/").json()["results"] == []


def test_pages_are_walked_by_cursor_without_missing_or_repeating(account, harbour):
    for _ in range(5):
        factories.account(placement=account.portfolio, person=account.debtor, reachable=False)
    seen, url = [], "/api/v1/accounts/?page_size=2"
    while url:
        body = harbour.get(url).json()
        seen += [row["reference"] for row in body["results"]]
        url = body["next"]
    assert len(seen) == len(set(seen)) == 6


def test_a_payment_link_is_made_once_per_idempotency_key(account, harbour):
    first = harbour.post("/api/v1/payment-links/", {"account": account.reference}, headers={"Idempotency-Key": "k1"})
    again = harbour.post("/api/v1/payment-links/", {"account": account.reference}, headers={"Idempotency-Key": "k1"})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json() and again["Idempotency-Replayed"] == "true"
    assert PaymentLink.objects.count() == 1


def test_a_key_reused_for_another_request_is_refused(account, harbour):
    harbour.post("/api/v1/payment-links/", {"account": account.reference}, headers={"Idempotency-Key": "k1"})
    answer = harbour.post(
        "/api/v1/payment-links/", {"account": account.reference, "valid_days": 3}, headers={"Idempotency-Key": "k1"}
    )
    assert answer.status_code == 422 and PaymentLink.objects.count() == 1


def test_a_refusal_is_remembered_like_an_answer(account, harbour):
    for _ in range(2):
        answer = harbour.post("/api/v1/payment-links/", {"account": "ACC-NOPE"}, headers={"Idempotency-Key": "k2"})
        assert answer.status_code == 404
    assert IdempotencyRecord.objects.count() == 1


def test_a_link_carries_its_address_once(account, harbour):
    made = link_for(account, harbour, amount_minor=5_000).json()
    assert "/p/" in made["url"] and made["amount_minor"] == 5_000
    listed = harbour.get("/api/v1/payment-links/").json()["results"][0]
    assert "url" not in listed


def test_bad_fields_are_named(account, harbour):
    answer = link_for(account, harbour, amount_minor=-1)
    assert answer.status_code == 422
    assert "amount_minor" in answer.json()["error"]["details"]


def test_a_stranger_cannot_make_a_link_for_anothers_account(account, stranger):
    assert link_for(account, stranger).status_code == 404
    assert not PaymentLink.objects.exists()


def test_answers_say_how_many_calls_are_left(harbour):
    answer = harbour.get("/api/v1/accounts/")
    assert int(answer["RateLimit-Remaining"]) < int(answer["RateLimit-Limit"])


def test_a_webhook_endpoint_tells_its_secret_once_and_refuses_private_addresses(harbour, settings):
    settings.SANDBOX = False
    refused = harbour.post("/api/v1/webhook-endpoints/", {"url": "https://10.0.0.8/hook"})
    assert refused.status_code == 422
    settings.SANDBOX = True
    made = harbour.post("/api/v1/webhook-endpoints/", {"url": "http://127.0.0.1:9/hook"}).json()
    assert made["secret"].startswith("whsec_")
    assert "secret" not in harbour.get("/api/v1/webhook-endpoints/").json()["results"][0]


def test_the_openapi_document_lists_every_door(client, db):
    schema = client.get(reverse("schema"), headers={"accept": "application/json"}).content.decode()
    for name in LISTS:
        assert f"/api/v1/{name}/" in schema


def test_health_answers_without_a_login(client, db):
    assert client.get("/healthz").status_code == 200
    assert b"collections_messages" in client.get("/metrics").content


def test_metrics_are_not_for_the_world(client, db, settings):
    settings.METRICS_TOKEN = "scrape"
    far = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics", **far).status_code == 401
    assert client.get("/metrics", **far, headers={"authorization": "Bearer scrape"}).status_code == 200


def test_readiness_shows_what_is_missing_and_how_the_background_is_doing(client, db):
    body = client.get("/readyz").json()
    assert body["database"] == body["migrations"] == "ok"
    assert {body[name] for name in SIGNS_OF_LIFE} == {"no sign of life"} and body["oldest_due_message_seconds"] == 0


def test_readiness_tells_the_workers_apart(client, db):
    deliver_webhooks()
    body = client.get("/readyz").json()
    assert (body["worker"], body["money_worker"]) == ("ok", "no sign of life")
