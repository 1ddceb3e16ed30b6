"""Tries written straight into the tables: for counting, not for money."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import Account
from common.clock import now
from common.ids import uuid7
from payments.models import Attempt, Instalment, Payment, Plan
from wallets.models import Provider


def instalment_of(account: Account, number: int = 1) -> Instalment:
    plan, _new = Plan.objects.get_or_create(
        account=account, state="active", defaults={"currency": account.currency, "total_minor": 60_000}
    )
    due = now().date() + timedelta(days=30 * number)
    return Instalment.objects.create(plan=plan, number=number, due_on=due, amount_minor=20_000)


def tried(
    row: Instalment,
    provider: Provider,
    at: datetime,
    *,
    state: str = "failed",
    category: str = "retry_later",
    reason: str = "insufficient_funds",
    minor: int = 20_000,
) -> Attempt:
    """A finished debit of that instalment; a success is kept as reversed, so that no entry has to exist."""
    money = {"amount_minor": minor, "currency": row.plan.currency, "created_at": at}
    ended = {"failed": "failed", "reversed": "cancelled", "closed": "cancelled"}[state]
    payment = Payment.objects.create(
        account=row.plan.account, instalment=row, source="debit", state=ended, finished_at=at, **money
    )
    declined = {"decline_category": category, "reason": reason} if state == "failed" else {}
    return Attempt.objects.create(
        payment=payment,
        provider=provider,
        merchant_reference=uuid7().hex,
        state=state,
        finished_at=at,
        **declined,
        **money,
    )
