"""What money that arrived changes: ledger, account, instalments, agreements. Runs under the accounts' locks.

Each door takes many accounts, so that a batch costs as many statements as one; the doors for one are the same doors.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.events import new_event, record_events
from accounts.models import Account
from common.bulk import update_rows
from common.money import Money
from payments.accrual.allocation import DEFAULT_ORDER, Order, claims_of, set_against
from payments.ledger import Line, NewEntry, post_entries
from payments.models import Instalment, JournalEntry, LedgerAccount, Payment, Plan
from payments.services.agreements import NOTHING_OWED, end_agreements
from payments.services.books import Books, open_books
from payments.services.ending import drop_queued_debits
from payments.services.recovering import nothing_left_of, recover
from payments.signals import payment_confirmed, tell_after_commit

logger = logging.getLogger(__name__)

# The order in which a payment is set against what is owed: BGB 367 style, costs first, principal last.
ALLOCATION_ORDER = ("costs", "fees", "interest", "principal")
Kind = LedgerAccount.Kind


def allocate(account: Account, minor: int, books: Books | None = None) -> tuple[dict[str, int], int]:
    """Shares of `minor` by component, and what is left over because nothing more is owed.

    In the order that rules give this account today; `ALLOCATION_ORDER` where there is no rule.
    """
    books = books or open_books([account])
    order = books.order_of(account)
    return _set_against(account, minor, order, due=(0, 0) if order == DEFAULT_ORDER else books.due_of(account))


def _set_against(account: Account, minor: int, order: Order, *, due: tuple[int, int]) -> tuple[dict[str, int], int]:
    owed = {component: getattr(account, f"{component}_minor") for component in ALLOCATION_ORDER}
    past_due, due_now = due
    return set_against(minor, claims_of(owed, past_due=past_due, due=due_now), order)


def payment_lines(account: Account, *, minor: int, provider_key: str) -> list[Line]:
    """Money into the wallet's clearing; the debt falls and the creditor is owed it; a surplus waits in suspense."""
    shares, surplus = allocate(account, minor)
    return _lines(account, shares, surplus, provider_key=provider_key)


def _lines(account: Account, shares: Mapping[str, int], surplus: int, *, provider_key: str) -> list[Line]:
    applied = sum(shares.values())
    return [
        *(Line(Kind.RECEIVABLE, -share, account=account, component=name) for name, share in shares.items()),
        Line(Kind.PLACED, applied),
        Line(Kind.CLEARING, applied + surplus, qualifier=provider_key),
        Line(Kind.PAYABLE, -applied),
        Line(Kind.SUSPENSE, -surplus, account=account),
    ]


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """Money that arrived at a wallet for an account; `key` posts it once, `data` is kept with its entry."""

    account: Account
    amount: Money
    key: str
    provider_key: str
    effective_at: datetime
    data: Mapping[str, Any]


def post_arrived(arrived: Sequence[Arrived], books: Books | None = None) -> list[tuple[JournalEntry, int]]:
    """Post each once: its entry, and how much of it lowered the debt (nothing where it had been posted before).

    One for each account. The accounts' rows follow in memory too.
    """
    for one in arrived:
        recover(one.account, one.amount.minor, key=one.key)
    divided = [allocate(one.account, one.amount.minor, books) for one in arrived]
    posted = post_entries([_entry(one, *parts) for one, parts in zip(arrived, divided, strict=True)])
    found = []
    for one, (shares, _surplus), result in zip(arrived, divided, posted, strict=True):
        if result.is_new:
            _lower(one.account, shares)
        found.append((result.entry, sum(shares.values()) if result.is_new else 0))
    return found


def _entry(one: Arrived, shares: Mapping[str, int], surplus: int) -> NewEntry:
    return NewEntry(
        "payment",
        idempotency_key=one.key,
        creditor_id=one.account.creditor_id,
        currency=one.amount.currency,
        effective_at=one.effective_at,
        lines=_lines(one.account, shares, surplus, provider_key=one.provider_key),
        data={"allocation": shares, "suspense": surplus, **one.data},
    )


def _lower(account: Account, parts: Mapping[str, int]) -> None:
    for component, minor in parts.items():
        column = f"{component}_minor"
        setattr(account, column, getattr(account, column) - minor)
        account.balance_minor -= minor


def post_money(
    account: Account, amount: Money, *, key: str, provider_key: str, effective_at: datetime, **data: Any
) -> tuple[JournalEntry, int]:
    """Post money that arrived at a wallet, once per `key`; returns the entry and how much of it lowered the debt."""
    one = Arrived(
        account=account, amount=amount, key=key, provider_key=provider_key, effective_at=effective_at, data=data
    )
    (found,) = post_arrived([one])
    account.refresh_from_db()
    return found


def update_account(account: Account, *, paid_at: datetime) -> None:
    """After the instalments were credited: when nothing is owed any more, the account and its agreements are over."""
    update_accounts([(account, paid_at)])


def update_accounts(paid: Sequence[tuple[Account, datetime]]) -> None:
    events = []
    written_off = nothing_left_of([account for account, _paid_at in paid if account.status == "written_off"])
    for account, paid_at in paid:
        account.last_payment_at = max(account.last_payment_at or paid_at, paid_at)
        over = account.status in ("open", "agency") or account.pk in written_off
        if account.balance_minor <= 0 and over:
            before, account.status = account.status, "paid"
            events.append(new_event("account.status_changed", account=account, before=before, after="paid"))
    record_events(events)
    accounts = [account for account, _paid_at in paid]
    update_rows(accounts, "last_payment_at", "status")
    if done := [account for account in accounts if account.balance_minor <= 0]:
        end_agreements(*done, reason=NOTHING_OWED)


@dataclass(frozen=True)
class Credit:
    """`minor` to set against an account's live plan, the instalment `first_id` before the others."""

    account: Account
    minor: int
    first_id: int | None = None


def credit_instalments(account: Account, minor: int, first: Instalment | None) -> None:
    """Set `minor` against the live plan: the instalment it was for, then the oldest due. Closes what is done with.

    When nothing is owed any more, every live plan closes and no debit goes out that is not on its way already.
    """
    credit_all([Credit(account, minor, first.pk if first else None)], open_books([account]))


def credit_all(credits: Sequence[Credit], books: Books) -> None:
    """As `credit_instalments`, for many accounts."""
    changed: dict[int, Instalment] = {}
    done: list[Plan] = []
    for credit in credits:
        plans = books.plans_of(credit.account)
        touched = _set_off(books.left_of(plans[-1]), credit) if plans else []
        for plan in plans:
            rows = books.left_of(plan)
            if credit.account.balance_minor <= 0:
                # The debt is gone, so an instalment that is left over must never be debited.
                touched += _cancel(rows)
            if all(row.state in ("paid", "cancelled") for row in rows):
                plan.state = "completed"
                done.append(plan)
        changed |= {row.pk: row for row in touched}
    update_rows([changed[pk] for pk in sorted(changed)], "paid_minor", "state", "last_reason")
    update_rows(done, "state")
    record_events([new_event("plan.completed", account=plan.account, plan=str(plan)) for plan in done])
    if over := [credit.account for credit in credits if credit.account.balance_minor <= 0]:
        drop_queued_debits(*over, reason="already_paid")


def _set_off(rows: Iterable[Instalment], credit: Credit) -> list[Instalment]:
    minor, touched = credit.minor, []
    for row in sorted(rows, key=lambda row: (row.pk != credit.first_id, row.due_on, row.number)):
        share = min(minor, row.amount_minor - row.paid_minor)
        if share <= 0:
            continue
        minor -= share
        row.paid_minor += share
        if row.paid_minor >= row.amount_minor:
            row.state, row.last_reason = "paid", ""
        touched.append(row)
    return touched


def _cancel(rows: Iterable[Instalment]) -> list[Instalment]:
    left = [row for row in rows if row.state not in ("paid", "cancelled")]
    for row in left:
        row.state = "cancelled"
    return left


def announce(*payments: Payment) -> None:
    """Tell the other apps after the commit; one that fails does not disturb the money or the others."""
    tell_after_commit(payment_confirmed, Payment, payments=payments)
