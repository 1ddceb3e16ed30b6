"""What the rest of the platform may do with messages. Callers import from here."""

from __future__ import annotations

from accounts.models import Account
from compliance.gate import PURPOSES
from payments.models import Payment
from reminders.defaults import ensure_default_schedule, ensure_default_templates
from reminders.dispatch import DispatchCounts, dispatch_due, sweep_leases
from reminders.models import Message
from reminders.opt_out import grant_consent, withdraw_consent
from reminders.planning import PlanCounts, plan_debit_notices, plan_reminders
from reminders.queue import queue_message

__all__ = [
    "DispatchCounts",
    "PlanCounts",
    "cancel_queued",
    "dispatch_due",
    "ensure_default_schedule",
    "ensure_default_templates",
    "grant_consent",
    "plan_debit_notices",
    "plan_receipt",
    "plan_reminders",
    "queue_message",
    "sweep_leases",
    "withdraw_consent",
]


def plan_receipt(payment: Payment) -> Message | None:
    """The receipt of a payment, once. For a debit it keeps to decent hours: the person may be asleep."""
    purpose = "debit_receipt" if payment.source == "debit" else "receipt"
    return queue_message(
        payment.account, purpose=purpose, occasion=f"payment:{payment.pk}", facts={"payment": payment.pk}
    )


def cancel_queued(account: Account, *, reason: str) -> int:
    """Cancel every reminder waiting for the account; how many. Receipts and notices stay."""
    waiting = Message.objects.filter(account=account, state="due").exclude(purpose__in=list(PURPOSES))
    return waiting.update(state="cancelled", reason=reason[:200], claimed_until=None)
