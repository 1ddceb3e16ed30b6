"""What a success changes besides the attempt: ledger, account, instalments. Runs under the account's lock."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from accounts.events import record_event
from accounts.models import Account
from payments.ledger import Line, post_entry
from payments.models import Attempt, Instalment, JournalEntry, LedgerAccount, Payment, Plan
from payments.signals import payment_confirmed

logger = logging.getLogger(__name__)

# The order in which a payment is set against what is owed: BGB 367 style, costs first, principal last.
ALLOCATION_ORDER = ("costs", "fees", "interest", "principal")
Kind = LedgerAccount.Kind


def allocate(account: Account, minor: int) -> tuple[dict[str, int], int]:
    """Shares of `minor` by component, and what is left over because nothing more is owed."""
    shares: dict[str, int] = {}
    left = minor
    for component in ALLOCATION_ORDER:
        share = max(0, min(left, getattr(account, f"{component}_minor")))
        if share:
            shares[component] = share
        left -= share
    return shares, left


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
    shares, surplus = allocate(account, attempt.amount_minor)
    entry, is_new = post_entry(
        "payment",
        idempotency_key=f"attempt:{attempt.pk}",
        creditor_id=account.creditor_id,
        currency=attempt.currency,
        effective_at=effective_at,
        lines=payment_lines(account, minor=attempt.amount_minor, provider_key=attempt.provider.key),
        attempt=attempt.pk,
        payment=attempt.payment.reference,
        allocation=shares,
        suspense=surplus,
    )
    account.refresh_from_db()
    return entry, sum(shares.values()) if is_new else 0


def update_account(account: Account, *, paid_at: datetime) -> None:
    account.last_payment_at = max(account.last_payment_at or paid_at, paid_at)
    fields = ["last_payment_at"]
    if account.balance_minor <= 0 and account.status in ("open", "written_off"):
        record_event("account.status_changed", account=account, before=account.status, after="paid")
        account.status = "paid"
        fields.append("status")
    account.save(update_fields=fields)


def credit_instalments(account: Account, minor: int, first: Instalment | None) -> None:
    """Set `minor` against the live plan: the instalment it was for, then the oldest due. Completes the plan."""
    plan = Plan.objects.filter(account=account, state__in=["active", "paused", "defaulted"]).order_by("pk").last()
    if plan is None:
        return
    rows = list(plan.instalments.select_for_update().exclude(state__in=["paid", "cancelled"]).order_by("due_on"))
    rows.sort(key=lambda row: (first is None or row.pk != first.pk, row.due_on, row.number))
    for row in rows:
        minor -= _credit(row, minor)
    _close_plan(plan, account, rows)


def _credit(row: Instalment, minor: int) -> int:
    share = min(minor, row.amount_minor - row.paid_minor)
    if share <= 0:
        return 0
    row.paid_minor += share
    if row.paid_minor >= row.amount_minor:
        row.state, row.last_reason = "paid", ""
    row.save(update_fields=["paid_minor", "state", "last_reason"])
    return share


def _close_plan(plan: Plan, account: Account, rows: list[Instalment]) -> None:
    if account.balance_minor <= 0:
        # The debt is gone, so an instalment that is left over must never be debited.
        for row in rows:
            if row.state != "paid":
                row.state = "cancelled"
                row.save(update_fields=["state"])
    if any(row.state not in ("paid", "cancelled") for row in rows):
        return
    before = plan.state
    if before == "active":
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
