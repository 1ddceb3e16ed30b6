"""The short way of wallets' calls: what holds for every answer of ours holds for theirs."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from payments.views_webhooks import _provider
from wallets.models import Provider

pytestmark = pytest.mark.django_db
ADDRESS = "/webhooks/wallets/nobody/"


def test_the_answer_has_a_length_a_number_and_is_not_guessed_at():
    answer = Client().post(ADDRESS, b"x", content_type="text/plain", headers={"x-request-id": "number-of-this-call"})
    assert answer.status_code == 404 and answer.content == b"no such wallet"
    assert answer["Content-Length"] == "14" and answer["X-Request-Id"] == "number-of-this-call"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_host_that_is_not_ours_is_refused():
    assert (
        Client().post(ADDRESS, b"x", content_type="text/plain", headers={"host": "elsewhere.example"}).status_code
        == 400
    )


def test_an_address_below_it_that_is_none_is_not_found():
    assert Client().post("/webhooks/wallets/a/b/", b"x", content_type="text/plain").status_code == 404


def test_an_error_of_ours_is_answered_and_not_raised_at_the_wallet(monkeypatch):
    def broken(*_args):
        raise RuntimeError("broken")

    monkeypatch.setattr("payments.views_webhooks._provider", broken)
    answer = Client(raise_request_exception=False).post(ADDRESS, b"x", content_type="text/plain")
    assert answer.status_code == 500


def test_the_row_of_a_wallet_reads_the_same_without_the_orm(alipay):
    """The door reads it with a statement of its own, so no column may be converted on the way."""
    assert not any(field.get_db_converters(connection) for field in Provider._meta.concrete_fields)
    names = [field.attname for field in Provider._meta.concrete_fields]
    read, usual = _provider("alipay"), Provider.objects.get(pk=alipay.pk)
    assert {name: getattr(read, name) for name in names} == {name: getattr(usual, name) for name in names}
    assert _provider("nobody") is None
