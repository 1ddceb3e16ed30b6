"""A creditor's machine takes an account back."""

from __future__ import annotations

from accounts.models import WebhookDelivery, WebhookEndpoint
from tests.api.conftest import client_of


def recall(client, account, *, key: str = "", **changes):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/v1/recalls/", {"account": account.reference, "reason": "Sold"} | changes, headers=headers)


def test_an_account_is_recalled_at_once_and_again_is_once(harbour, account):
    first, again, later = (
        recall(harbour, account, key="k1"),
        recall(harbour, account, key="k1"),
        recall(harbour, account),
    )
    assert [answer.status_code for answer in (first, again, later)] == [201, 201, 201]
    assert {answer.json()["reference"] for answer in (first, again, later)} == {first.json()["reference"]}
    assert first.json() | {"status": "recalled", "amount_minor": 125_000, "payments_under_way": False} == first.json()
    listed = harbour.get("/api/v1/recalls/").json()["results"]
    assert [row["reference"] for row in listed] == [first.json()["reference"]]


def test_nobody_elses_account_is_recalled(stranger, account):
    assert recall(stranger, account).status_code == 404
    account.refresh_from_db()
    assert account.status == "open"


def test_a_key_that_only_reads_recalls_nothing(account):
    assert recall(client_of(account.creditor, scopes=["accounts:read"]), account).status_code == 403


def test_a_reason_is_needed(harbour, account):
    assert recall(harbour, account, reason="").status_code in (400, 422)


def test_the_creditor_hears_of_it(harbour, account):
    WebhookEndpoint.objects.create(creditor=account.creditor, url="https://bank.example/hook", secret="x")
    recall(harbour, account)
    told = WebhookDelivery.objects.filter(kind="account.recalled").get().payload["data"]
    assert (told["account"], told["status"], told["amount_minor"]) == (account.reference, "recalled", 125_000)
