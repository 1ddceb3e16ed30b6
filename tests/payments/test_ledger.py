"""The ledger as short accounting stories, and the laws the database keeps."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.clock import now
from common.errors import InvalidInput
from payments.ledger import Line, post_entry, reverse_entry
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.models import JournalEntry, Posting


def pay(account, minor, key="pay:1"):
    return post_entry(
        "payment",
        idempotency_key=key,
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=now(),
        lines=[
            Line("receivable", -minor, account=account, component="principal"),
            Line("placed", minor),
            Line("clearing", minor, qualifier="alipay"),
            Line("payable", -minor),
        ],
    )


def test_a_payment_lowers_the_balance_and_owes_the_creditor(account):
    pay(account, 25_000)
    account.refresh_from_db()
    assert account.balance_minor == 100_000
    assert unbalanced_entries() == [] and drifted_accounts() == []


def test_the_same_key_posts_once(account):
    first, is_new = pay(account, 25_000)
    again, is_new_again = pay(account, 25_000)
    account.refresh_from_db()
    assert (is_new, is_new_again) == (True, False) and first == again
    assert account.balance_minor == 100_000


def test_a_reversal_restores_the_balance_and_keeps_the_original(account):
    entry, _ = pay(account, 25_000)
    reverse_entry(entry, effective_at=now(), reason="chargeback")
    reverse_entry(entry, effective_at=now(), reason="chargeback again")
    account.refresh_from_db()
    assert account.balance_minor == 125_000
    assert JournalEntry.objects.filter(reverses=entry).count() == 1


def test_an_unbalanced_entry_is_refused_by_the_code(account):
    with pytest.raises(InvalidInput):
        post_entry(
            "payment",
            idempotency_key="bad",
            creditor_id=account.creditor_id,
            currency="CNY",
            effective_at=now(),
            lines=[Line("clearing", 1)],
        )


def test_an_unbalanced_entry_is_refused_by_the_database(account):
    entry = JournalEntry.objects.create(
        kind="x", creditor_id=account.creditor_id, idempotency_key="raw", effective_at=now()
    )
    line = Posting.objects.first()
    with pytest.raises(DatabaseError, match="does not balance"), transaction.atomic():
        Posting.objects.create(entry=entry, ledger_account=line.ledger_account, amount_minor=5, currency="CNY")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE payments_posting SET amount_minor = amount_minor + 1",
        "DELETE FROM payments_posting",
        "TRUNCATE payments_posting CASCADE",
        "UPDATE payments_journalentry SET kind = 'x'",
        "DELETE FROM payments_journalentry",
    ],
)
def test_the_database_refuses_to_rewrite_the_ledger(account, sql):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE wants no pending foreign key checks
        cursor.execute(sql)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.lists(st.integers(min_value=1, max_value=3_000), min_size=1, max_size=8))
def test_any_run_of_payments_keeps_ledger_and_balances_equal(account, amounts):
    with transaction.atomic():
        for number, minor in enumerate(amounts):
            pay(account, minor, key=f"p:{number}")
        account.refresh_from_db()
        assert account.balance_minor == account.placed_minor - sum(amounts)
        assert unbalanced_entries() == [] and drifted_accounts() == []
        transaction.set_rollback(True)
