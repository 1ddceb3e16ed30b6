"""What the stories of the end of the road have in common."""

from __future__ import annotations

import itertools

from accounts.models import Account, Event
from common.clock import now
from common.money import Money
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.models import AccountMove, Agency, Payment, Posting
from payments.moves.asking import ask_move, ask_undo, decide_move
from payments.services.transfers import RECALLED, record_transfer, take_back_received

_numbers = itertools.count(1)
WHY = "Everything was tried."


def north() -> Agency:
    return Agency.objects.get_or_create(name="North Agency", defaults={"phone": "+8610000"})[0]


def move(account: Account, kind: str, *, by, second=None, **more) -> AccountMove:
    """Asked for by one and, where it waits, agreed to by the other."""
    if kind == "agency":
        more.setdefault("agency", north())
    row = ask_move(account, kind, reason=WHY, by=by, **more)
    return _agreed(account, row, second)


def undo(account: Account, row: AccountMove, *, by, second=None) -> AccountMove:
    return _agreed(account, ask_undo(row, reason="It was too early.", by=by), second)


def _agreed(account: Account, row: AccountMove, second) -> AccountMove:
    if row.state == "asked" and second:
        row = decide_move(row, by=second, agree=True)
    account.refresh_from_db()
    return row


def pays(account: Account, minor: int) -> Payment:
    """By transfer to our bank: money that nobody can keep from arriving."""
    about = {"received_at": now(), "bank_reference": f"T{next(_numbers)}"}
    payment = record_transfer(account, Money(minor, account.currency), **about)
    account.refresh_from_db()
    return payment


def bank_takes_back(payment: Payment, *, by) -> None:
    payment.refresh_from_db()
    take_back_received(payment, kind=RECALLED, by=by)


def books_are_right() -> bool:
    return not unbalanced_entries() and not drifted_accounts()


def line(account: Account, kind: str) -> int:
    """What a line of the creditor's chart says."""
    rows = Posting.objects.filter(ledger_account__kind=kind, ledger_account__creditor=account.creditor)
    return sum(rows.values_list("amount_minor", flat=True))


def kinds(account: Account) -> list[str]:
    return list(Event.objects.filter(account=account).order_by("pk").values_list("kind", flat=True))
