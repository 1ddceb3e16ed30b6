"""The wallet's number of an agreement may be the token a saved wallet is debited by: it is kept sealed, and found."""

from __future__ import annotations

from importlib import import_module

import pgtrigger
import pytest
from django.db import connection

from common.clock import today
from common.crypto.errors import SealRefused
from tests import factories
from tests.payments.debit_rows import numbered
from tests.payments.helpers import EVIDENCE
from wallets.models import Mandate, Provider
from wallets.services import apply_mandate_notice

pytestmark = pytest.mark.django_db
TOKEN = "pm_1SavedCardOfAda"
moved = import_module("wallets.migrations.0009_mandate_numbers_encrypted")


@pytest.fixture
def stripe() -> Provider:
    return Provider.objects.create(key="stripe", name="Stripe", status="vetted", currencies=["EUR"])


def agreement(provider: Provider, number: str = "", **fields) -> Mandate:
    account = factories.account()
    usual = {
        "state": "active",
        "currency": "EUR",
        "cap_minor": 100,
        "first_debit_on": today(),
        "terms_version": "1",
        "terms_text": "terms",
        "evidence": EVIDENCE,
        "merchant_reference": f"M{account.pk}",
    }
    row = Mandate.objects.create(account=account, provider=provider, **usual | fields)
    return numbered(row, number) if number else row


def columns(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [str(value) for row in cursor.fetchall() for value in row]


def test_neither_the_row_nor_its_history_holds_the_number_in_plain_text(stripe):
    row = agreement(stripe, TOKEN)
    Mandate.objects.filter(pk=row.pk).update(state_reason="seen")
    held = columns("SELECT * FROM wallets_mandate") + columns("SELECT * FROM wallets_mandatechange")
    assert "seen" in held and not [text for text in held if TOKEN.casefold() in text.casefold()]
    assert Mandate.objects.get(pk=row.pk).provider_reference == TOKEN
    assert {change.provider_reference for change in row.row_changes.all()} == {"", TOKEN}


def test_an_ending_that_names_only_the_wallets_number_finds_its_agreements_and_no_other(stripe):
    first, second = agreement(stripe, TOKEN), agreement(stripe, TOKEN)
    # Alike to whoever ignores case, as the index does.
    other, unsigned = agreement(stripe, TOKEN.upper()), agreement(stripe, state="pending")
    assert apply_mandate_notice(stripe, merchant_reference="", mandate_ref=TOKEN, state="revoked")[0]
    states = dict(Mandate.objects.values_list("pk", "state"))
    assert [states[row.pk] for row in (first, second, other, unsigned)] == ["revoked", "revoked", "active", "pending"]


def test_a_number_cannot_be_written_past_its_seal(stripe):
    row = agreement(stripe)
    with pytest.raises(SealRefused):
        Mandate.objects.filter(pk=row.pk).update(provider_reference=TOKEN)
    with pytest.raises(SealRefused):
        list(Mandate.objects.filter(provider_reference=TOKEN))


def test_numbers_from_before_are_sealed_with_their_history_and_can_be_opened_again(stripe):
    rows = [agreement(stripe) for _number in range(3)]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wallets_mandate SET provider_reference = %s || id WHERE id <> %s", [TOKEN, rows[2].pk])
        cursor.execute("UPDATE wallets_mandate SET state_reason = 'seen'")
        with pgtrigger.ignore("wallets.Mandate:changed_update"), connection.schema_editor() as editor:
            moved.seal_numbers(None, editor)
    expected = [f"{TOKEN}{rows[0].pk}", f"{TOKEN}{rows[1].pk}", ""]
    assert [Mandate.objects.get(pk=row.pk).provider_reference for row in rows] == expected
    kept = [{change.provider_reference for change in row.row_changes.all()} for row in rows]
    assert kept == [{"", expected[0]}, {"", expected[1]}, {""}]
    index = "SELECT provider_reference_index FROM wallets_mandate UNION SELECT provider_reference_index"
    assert len(columns(f"{index} FROM wallets_mandatechange")) == 3
    assert not [text for text in columns("SELECT provider_reference FROM wallets_mandatechange") if TOKEN in text]
    with pgtrigger.ignore("wallets.Mandate:changed_update"), connection.schema_editor() as editor:
        moved.open_numbers(None, editor)
    assert sorted(columns("SELECT provider_reference FROM wallets_mandate")) == sorted(expected)
