"""A creditor's machine places one account: what a row of a file may say, in one request."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Account, Consent, Debtor, Event, WebhookDelivery, WebhookEndpoint
from common.clock import today
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.models import JournalEntry, Posting
from reminders.opt_out import grant_consent, withdraw_consent
from tests import factories
from tests.api.conftest import client_of

BILL = {
    "creditor_reference": "B-1",
    "currency": "CNY",
    "balance_minor": 80_050,
    "due_date": "2026-09-01",
    "product": "Telecom",
    "segment": "Returned mail",
    "debtor": {"creditor_reference": "C-9", "name": "Li Wei", "emails": ["li@example.com"], "phones": ["13800001234"]},
}


def place(client, *, key: str = "", **changes):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/v1/accounts/", BILL | changes, headers=headers)


def test_an_account_and_its_person_are_placed_with_a_balanced_entry(harbour):
    answer = place(harbour)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["balance_minor"], body["placed_minor"], body["status"]) == (80_050, 80_050, "open")
    assert (body["product"], body["segment"], body["due_date"]) == ("telecom", "returned_mail", "2026-09-01")
    assert body["portfolio"] == "API"
    account = Account.objects.by_reference(body["reference"]).get()
    assert account.debtor.name == "Li Wei" and account.debtor.time_zone == "Asia/Shanghai"
    points = {(point.kind, point.value, point.last_digits) for point in account.debtor.contact_points.all()}
    assert points == {("email", "li@example.com", ""), ("phone", "+8613800001234", "1234")}
    entry = JournalEntry.objects.get(idempotency_key=f"placement:{account.pk}")
    assert sum(row.amount_minor for row in entry.postings.all()) == 0
    assert Posting.objects.get(account=account).component == "principal"
    assert not drifted_accounts() and not unbalanced_entries()


def test_components_make_the_balance(harbour):
    parts = {"principal": 70_000, "interest": 10_000, "fees": 50}
    body = place(harbour, components=parts).json()
    assert body["components"] == parts | {"costs": 0} and body["balance_minor"] == 80_050


def test_an_account_of_a_known_person_joins_them(harbour, account):
    answer = place(harbour, debtor={"id": str(account.debtor_id)})
    assert answer.status_code == 201 and answer.json()["debtor"] == str(account.debtor_id)
    assert Debtor.objects.count() == 1


def test_what_is_not_said_changes_nothing_about_a_known_person(harbour, account):
    Debtor.objects.update(language="de", country="DE", time_zone="Europe/Berlin")
    reference = account.debtor.creditor_reference
    place(harbour, debtor={"creditor_reference": reference, "name": "Wang Fang-Lee", "phones": ["030 901820"]})
    person = Debtor.objects.get()
    assert (person.language, person.country, person.time_zone) == ("de", "DE", "Europe/Berlin")
    assert person.name == "Wang Fang-Lee"


def test_one_idempotency_key_places_once(harbour):
    first, again = place(harbour, key="p1"), place(harbour, key="p1")
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert Account.objects.filter(creditor_reference="B-1").count() == 1


def test_a_reference_is_placed_once_whatever_the_key(harbour):
    placed = place(harbour).json()
    again = place(harbour, balance_minor=1, key="other")
    assert again.status_code == 409
    assert again.json()["error"]["details"] == {"account": placed["reference"]}
    assert Account.objects.get(creditor_reference="B-1").balance_minor == 80_050
    assert JournalEntry.objects.filter(kind="placement", postings__account__creditor_reference="B-1").count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"currency": "XXQ"}, "currency", "three-letter ISO code"),
        ({"balance_minor": -5}, "balance_minor", "negative"),
        ({"components": {"principal": 1}}, "balance_minor", "do not add up"),
        ({"due_date": "1890-01-01"}, "due_date", "too far away"),
        ({"debtor": {"emails": ["nonsense"]}}, "debtor.emails", "not an e-mail address"),
        ({"debtor": {"phones": ["12"]}}, "debtor.phones", ""),
        ({"debtor": {"birth_year": 1700}}, "debtor.birth_year", "birth year"),
        ({"creditor_reference": "x" * 65}, "creditor_reference", "64"),
    ],
)
def test_a_refusal_names_the_field_in_the_words_of_an_import(harbour, changes, field, words):
    answer = place(harbour, **changes)
    assert answer.status_code == 422
    assert words in answer.json()["error"]["details"]["fields"][field][0]
    assert not Account.objects.filter(creditor_reference=BILL["creditor_reference"]).exists()


def test_every_reason_is_told_at_once(harbour):
    answer = place(harbour, currency="XXQ", due_date="1890-01-01")
    assert set(answer.json()["error"]["details"]["fields"]) == {"currency", "due_date"}


def test_nothing_owed_is_nothing_to_place(harbour):
    assert place(harbour, balance_minor=0).status_code == 422
    assert not Debtor.objects.filter(creditor_reference="C-9").exists()


def test_the_record_and_the_creditor_hear_of_it(harbour, account):
    WebhookEndpoint.objects.create(creditor=account.creditor, url="http://127.0.0.1:9/hook", secret="whsec_AAAA")
    placed = place(harbour).json()
    event = Event.objects.get(kind="account.placed", account__creditor_reference="B-1")
    assert event.source == "api" and event.data["moved_minor"] == 80_050
    told = WebhookDelivery.objects.get(kind="account.placed").payload["data"]
    assert (told["account"], told["balance_minor"]) == (placed["reference"], 80_050)


def test_a_key_needs_the_scope_to_place(account):
    answer = place(client_of(account.creditor, scopes=["accounts:read"]))
    assert answer.status_code == 403 and "accounts:write" in answer.json()["error"]["message"]


def test_a_stranger_cannot_place_for_another_creditor_or_person(account, stranger):
    assert place(stranger, creditor=account.creditor.code).status_code == 422
    assert place(stranger, debtor={"id": str(account.debtor_id)}).status_code == 404
    assert not Account.objects.filter(creditor_reference="B-1").exists()


def test_a_platform_key_names_the_creditor(account):
    platform = client_of(None)
    other = factories.creditor()
    assert place(platform).status_code == 422
    assert place(platform, creditor=other.code).json()["creditor"] == other.code
    mixed = place(platform, creditor=other.code, creditor_reference="B-2", debtor={"id": str(account.debtor_id)})
    assert mixed.status_code == 422


def test_what_a_person_refused_is_not_taken_back_by_their_creditor(harbour, account):
    withdraw_consent(account.debtor, channel="sms", source="link")
    yes = {"all": True, "sms": True, "email": True}
    place(harbour, debtor={"id": str(account.debtor_id)}, consents=yes)
    kept = set(Consent.objects.values_list("channel", "granted"))
    assert kept == {("sms", False), ("email", True)}


def test_a_refusal_told_to_the_creditor_counts_whatever_was_agreed_before(harbour, account):
    withdraw_consent(account.debtor, channel="email", source="link")
    grant_consent(account.debtor, channel="email", source="page")
    place(harbour, debtor={"id": str(account.debtor_id)}, consents={"email": False})
    assert Consent.objects.latest("recorded_at", "pk").granted is False


def test_a_placed_account_is_overdue_like_any_other(harbour):
    place(harbour, due_date=(today() - timedelta(days=3)).isoformat())
    assert Account.objects.overdue(today()).filter(creditor_reference="B-1").exists()


def test_the_openapi_document_tells_how_to_place(client, db):
    schema = client.get("/api/schema/", headers={"accept": "application/json"}).json()
    placing = schema["paths"]["/api/v1/accounts/"]["post"]
    body = schema["components"]["schemas"]["NewAccount"]
    assert {"creditor_reference", "currency", "due_date", "debtor"} <= set(body["required"])
    assert "201" in placing["responses"]
    assert [row["name"] for row in placing["parameters"]] == ["Idempotency-Key"]
