"""Harbour Bank, Wang Fang's account, and money that moves on a day the test names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

from django.db import transaction
from django.db.models import Sum

from common.clock import today
from common.money import Money
from payments.ledger import Line, post_entry
from payments.models import LedgerAccount, Posting, RemittanceLine
from payments.remittance import approve, draft_next, set_terms
from payments.services.settling import post_money
from tests import factories

_numbers = count(1)


def month(back: int) -> date:
    """The first day of the month so many months ago."""
    first = today().replace(day=1)
    for _step in range(back):
        first = (first - timedelta(days=1)).replace(day=1)
    return first


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def agreed(creditor, **terms):
    given = {"valid_from": month(12), "basis": "percent", "rate": 2_000, "by": None} | terms
    return set_terms(creditor, given.pop("currency", "CNY"), **given)


def pay(account, minor, day, **data):
    """A payment through Alipay, as a wallet's success posts it."""
    account.refresh_from_db()
    key = f"attempt:{900_000 + next(_numbers)}"
    amount = Money(minor, account.currency)
    with transaction.atomic():
        entry, _applied = post_money(account, amount, key=key, provider_key="alipay", effective_at=at(day), **data)
    return entry


def give_back(account, entry, minor, day):
    """A part of a payment is refunded: the creditor is owed less, the debtor more."""
    attempt = int(entry.idempotency_key.removeprefix("attempt:"))
    lines = [
        Line("receivable", minor, account=account, component="principal"),
        Line("placed", -minor),
        Line("clearing", -minor, qualifier="alipay"),
        Line("payable", minor),
    ]
    return post_entry(
        "refund", idempotency_key=f"refund:{next(_numbers)}", creditor_id=account.creditor_id,
        currency=account.currency, effective_at=at(day), lines=lines, attempt=attempt,
    )[0]  # fmt: skip


def fee(account, minor, day):
    lines = [Line("provider_fees", minor, qualifier="alipay"), Line("clearing", -minor, qualifier="alipay")]
    return post_entry(
        "provider_fee", idempotency_key=f"fee:{next(_numbers)}", creditor_id=account.creditor_id,
        currency=account.currency, effective_at=at(day), lines=lines,
    )[0]  # fmt: skip


def pay_the_bank_itself(account, minor, day):
    lines = [Line("receivable", -minor, account=account, component="principal"), Line("placed", minor)]
    return post_entry(
        "direct_payment", idempotency_key=f"direct:{next(_numbers)}", creditor_id=account.creditor_id,
        currency=account.currency, effective_at=at(day), lines=lines,
    )[0]  # fmt: skip


def balance(creditor, kind, qualifier=""):
    rows = Posting.objects.filter(
        ledger_account__creditor=creditor, ledger_account__kind=kind, ledger_account__qualifier=qualifier
    )
    return rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0


def twice_remitted():
    live = RemittanceLine.objects.filter(live=True).values_list("posting_id", flat=True)
    return len(live) - len(set(live))


def people():
    return factories.user(role="lead"), factories.user(role="admin")


KINDS = LedgerAccount.Kind


def approved_remittance(account):
    """Of last month, with one payment of 100.00 CNY."""
    agreed(account.creditor)
    pay(account, 10_000, month(1))
    return approve(draft_next(account.creditor_id, account.currency), by=people()[0])
