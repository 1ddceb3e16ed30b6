"""Alice writes transfers down, Lena confirms them; what the books must say whatever was done."""

from __future__ import annotations

from itertools import count

from django.db.models import Sum

from common.clock import today
from common.money import Money
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.models import BankTransfer, Posting, TransferStep
from payments.transfers import ask_step, decide_step, record_received

_numbers = count(1)


def recorded(minor, by, *, account=None, reference="", day=None, **more) -> BankTransfer:
    row = record_received(
        Money(minor, more.pop("currency", "CNY")),
        value_date=day or today(),
        bank_reference=reference or f"IN-{next(_numbers)}",
        account=account,
        by=by,
        payer_name=more.pop("payer_name", "WANG FANG"),
        **more,
    )
    assert row is not None
    return row


def question(row: BankTransfer) -> TransferStep:
    return row.steps.get(state="asked")


def confirmed(row: BankTransfer, by) -> BankTransfer:
    decide_step(question(row), by=by, agree=True)
    row.refresh_from_db()
    return row


def done(row: BankTransfer, action: str, people, *, account=None, reason="as the bank says") -> BankTransfer:
    ask_step(row, action, account=account, reason=reason, by=people[0])
    return confirmed(row, people[1])


def lies(kind: str, **where) -> int:
    rows = Posting.objects.filter(ledger_account__kind=kind, **where)
    return rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0


def books_are_right() -> bool:
    return unbalanced_entries() == [] and drifted_accounts() == [] and lies("clearing") == 0


def owed_on(account) -> int:
    account.refresh_from_db()
    return account.balance_minor
