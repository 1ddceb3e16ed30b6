"""Wallets without a statement of their own kind: standing orders at M-Pesa, and the chains themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Sum

from common.clock import now
from payments.models import Attempt, Deposit, Payment, Posting, ProviderEvent, ReconciliationItem, StatementLine
from payments.reconciliation import reconcile_due
from tests import factories
from tests.payments.deposit_helpers import chain_sandbox, ethereum, every, payer, tron
from tests.payments.helpers import balance, books_are_right
from tests.payments.test_reconciliation_wallets import paid_in_our_books
from tests.payments.test_standing_orders import PART, order, phone, running_mpesa, shillings
from wallets.models import Provider

__all__ = ["chain_sandbox", "ethereum", "every", "order", "payer", "phone", "running_mpesa", "shillings", "tron"]
pytestmark = pytest.mark.django_db(transaction=True)
OWED = 20_000


@pytest.fixture
def account(db):
    return factories.account(currency="USD", balance_minor=OWED)


def items() -> list[tuple[str, int, int]]:
    rows = ReconciliationItem.objects.exclude(state="resolved").order_by("kind", "pk")
    return [(row.kind, row.expected_minor, row.stated_minor) for row in rows]


def clearing(key: str) -> int:
    rows = Posting.objects.filter(ledger_account__kind="clearing", ledger_account__qualifier=key)
    return rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0


def days_later(who, days: int = 1) -> None:
    for _day in range(days):
        (who.waits if hasattr(who, "waits") else who.move_clock)(days=1)
        if hasattr(who, "confirms"):
            who.confirms()
        reconcile_due()


@pytest.fixture
def morning(phone):
    """The books of yesterday are open from one o'clock on."""
    phone.move_clock(hours=2)
    return phone


def test_a_debit_of_a_standing_order_is_matched_by_its_receipt(shillings, order, morning, phone):
    phone.move_clock(days=4)
    phone.control.user("tick")
    phone.hears(2)
    days_later(phone)
    line = StatementLine.objects.get(provider=order.provider)
    assert (line.state, line.attempt, items()) == ("matched", Attempt.objects.get(), [])
    assert clearing("mpesa_ratiba") == PART


def test_a_debit_of_a_standing_order_nobody_told_us_of_is_booked_from_the_statement(shillings, order, morning, phone):
    phone.move_clock(days=4)
    phone.control.user("tick")
    days_later(phone)
    assert ProviderEvent.objects.filter(kind="payment").count() == 0
    assert (Payment.objects.get().source, balance(shillings)) == ("scheduled", 2 * PART)
    assert (StatementLine.objects.get(provider=order.provider).state, items()) == ("matched", [])
    phone.hears(2)
    assert Payment.objects.count() == 1 and books_are_right()


@pytest.mark.parametrize(("account_number", "wallet"), [("JUMA 12", "mpesa"), ("SZZZZZZZZZZZ", "mpesa_ratiba")])
def test_a_paybill_payment_under_a_number_nobody_knows_becomes_an_item(
    shillings, phone, morning, account_number, wallet
):
    phone.control.user("bill", phone="254712345678", amount=77, account=account_number)
    days_later(phone, 3)
    assert items() == [("extra", 0, 7_700)]
    assert ReconciliationItem.objects.get().provider.key == wallet


def test_coins_that_paid_are_matched_with_the_chains_own_transfers(payer, account):
    payer.asks(account, OWED)
    payer.sends(payer.units // 3)
    payer.sends(payer.units - payer.units // 3)
    payer.confirms()
    payer.sweeps()
    assert balance(account) == 0
    days_later(payer, 2)
    lines = StatementLine.objects.all()
    assert [line.state for line in lines] == ["matched"] * 2 and sum(line.amount_minor for line in lines) == OWED
    assert items() == [] and clearing(payer.key) == OWED


@pytest.mark.parametrize("mistake", ["more", "less", "late", "second"])
def test_coins_that_are_not_simply_the_payment_match_what_is_held_for_a_person(payer, account, mistake):
    payer.asks(account, OWED)
    if mistake == "late":
        payer.lets_it_run_out()
    units = {"more": payer.units + 1_234_567, "less": payer.units // 7}.get(mistake, payer.units)
    payer.sends(units)
    if mistake == "second":
        payer.sends()
    if mistake == "less":
        payer.sends(payer.units // 11)
        payer.lets_it_run_out()
    payer.confirms()
    payer.sweeps()
    assert Deposit.objects.filter(state="held").exists()
    days_later(payer, 4)
    assert items() == []
    assert clearing(payer.key) == sum(StatementLine.objects.values_list("amount_minor", flat=True)) > 0


def test_coins_no_sweep_has_seen_become_an_item(payer, account, monkeypatch):
    payer.asks(account, OWED)
    payer.lets_it_run_out()
    payer.sends()
    payer.confirms()
    days_later(payer, 4)
    assert items() == [("extra", 0, OWED)]
    payer.sweeps()
    days_later(payer)
    assert items() == [] and Deposit.objects.get().state == "held"


def test_a_payment_the_chain_does_not_show_becomes_an_item(payer, account):
    provider = Provider.objects.get(key=payer.key)
    fake = type("Story", (), {"currency": "USD", "provider": provider})()
    paid_in_our_books(fake, "a" * 64, 6_600)
    days_later(payer, 4)
    assert items() == [("missing", 6_600, 0)]


def test_two_statements_of_a_day_are_the_same(payer, account):
    payer.asks(account, OWED)
    payer.sends()
    payer.confirms()
    payer.sweeps()
    days_later(payer, 2)
    assert StatementLine.objects.count() == 1
    assert StatementLine.objects.get().booked_at > now() - timedelta(days=3)
