"""What a success changes besides the attempt: ledger, account, instalments. Runs under the account's lock."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.events import record_event
from accounts.models import Account
from common.clock import today
from common.money import Money
from payments.accrual.allocation import DEFAULT_ORDER, claims_of, set_against
from payments.accrual.rules import due_today, order_today
from payments.ledger import Line, post_entry
from payments.models import Attempt, Instalment, JournalEntry, LedgerAccount, Payment, Plan
from payments.services.agreements import NOTHING_OWED, end_agreements
from payments.services.ending import drop_queued_debits
from payments.signals import payment_confirmed

logger = logging.getLogger(__name__)

# The order in which a payment is set against what is owed: BGB 367 style, costs first, principal last.
ALLOCATION_ORDER = ("costs", "fees", "interest", "principal")
LIVE_PLANS = ("active", "paused", "defaulted")
Kind = LedgerAccount.Kind


def allocate(account: Account, minor: int) -> tuple[dict[str, int], int]:
    """Shares of `minor` by component, and what is left over because nothing more is owed.

    In the order that rules give this account today; `ALLOCATION_ORDER` where there is no rule.
    """
    owed = {component: getattr(account, f"{component}_minor") for component in ALLOCATION_ORDER}
    if (order := order_today(account, today())) == DEFAULT_ORDER:
        return set_against(minor, claims_of(owed, past_due=0, due=0), order)
    past_due, due = due_today(account)
    return set_against(minor, claims_of(owed, past_due=past_due, due=due), order)


def payment_lines(account: Account, *, minor: int, provider_key: str) -> list[Line]:
    """Money into the wallet's clearing; the debt falls and the creditor is owed it; a surplus waits in suspense."""
    shares, surplus = allocate(account, minor)
    applied = minor - surplus
    return [
        *(Line(Kind.RECEIVABLE, -share, account=account, component=name) for name, share in shares.items()),
        Line(Kind.PLACED, applied),
        Line(Kind.CLEARING, minor, qualifier=provider_key),
        Line(Kind.PAYABLE, -applied),
        Line(Kind.SUSPENSE, -surplus, account=account),
    ]


def post_success(account: Account, attempt: Attempt, *, effective_at: datetime) -> tuple[JournalEntry, int]:
    """Post the attempt's money once; returns the entry and how much of it lowered the debt."""
    return post_money(
        account,
        attempt.amount,
        key=f"attempt:{attempt.pk}",
        provider_key=attempt.provider.key,
        effective_at=effective_at,
        attempt=attempt.pk,
        payment=attempt.payment.reference,
    )


def post_money(
    account: Account, amount: Money, *, key: str, provider_key: str, effective_at: datetime, **data: Any
) -> tuple[JournalEntry, int]:
    """Post money that arrived at a wallet, once per `key`; returns the entry and how much of it lowered the debt."""
    shares, surplus = allocate(account, amount.minor)
    entry, is_new = post_entry(
        "payment",
        idempotency_key=key,
        creditor_id=account.creditor_id,
        currency=amount.currency,
        effective_at=effective_at,
        lines=payment_lines(account, minor=amount.minor, provider_key=provider_key),
        allocation=shares,
        suspense=surplus,
        **data,
    )
    account.refresh_from_db()
    return entry, sum(shares.values()) if is_new else 0


def update_account(account: Account, *, paid_at: datetime) -> None:
    """After the instalments were credited: when nothing is owed any more, the account and its agreements are over."""
    account.last_payment_at = max(account.last_payment_at or paid_at, paid_at)
    fields = ["last_payment_at"]
    if account.balance_minor <= 0 and account.status in ("open", "written_off"):
        before, account.status = account.status, "paid"
        record_event("account.status_changed", account=account, before=before, after="paid")
        fields.append("status")
    account.save(update_fields=fields)
    if account.balance_minor <= 0:
        end_agreements(account, reason=NOTHING_OWED)


def credit_instalments(account: Account, minor: int, first: Instalment | None) -> None:
    """Set `minor` against the live plan: the instalment it was for, then the oldest due. Closes what is done with.

    When nothing is owed any more, every live plan closes and no debit goes out that is not on its way already.
    """
    plans = list(Plan.objects.filter(account=account, state__in=LIVE_PLANS).order_by("pk"))
    for row in _in_order(plans[-1], first) if plans else ():
        minor -= _credit(row, minor)
    for plan in plans:
        _close_plan(plan, account)
    if account.balance_minor <= 0:
        drop_queued_debits(account, "already_paid")


def _in_order(plan: Plan, first: Instalment | None) -> list[Instalment]:
    rows = list(plan.instalments.select_for_update().exclude(state__in=["paid", "cancelled"]))
    return sorted(rows, key=lambda row: (first is None or row.pk != first.pk, row.due_on, row.number))


def _credit(row: Instalment, minor: int) -> int:
    share = min(minor, row.amount_minor - row.paid_minor)
    if share <= 0:
        return 0
    row.paid_minor += share
    if row.paid_minor >= row.amount_minor:
        row.state, row.last_reason = "paid", ""
    row.save(update_fields=["paid_minor", "state", "last_reason"])
    return share


def _close_plan(plan: Plan, account: Account) -> None:
    left = plan.instalments.exclude(state__in=["paid", "cancelled"])
    if account.balance_minor <= 0:
        # The debt is gone, so an instalment that is left over must never be debited.
        left.update(state="cancelled")
    if left.exists():
        return
    plan.state = "completed"
    plan.save(update_fields=["state"])
    record_event("plan.completed", account=account, plan=str(plan))


def announce(payment: Payment) -> None:
    """Tell the other apps after the commit; one that fails does not disturb the money or the others."""

    def send() -> None:
        for receiver, answer in payment_confirmed.send_robust(sender=Payment, payment=payment):
            if isinstance(answer, Exception):
                logger.error("payment_confirmed receiver failed", extra={"receiver": str(receiver)}, exc_info=answer)

    transaction.on_commit(send)
