"""What the rest of the platform may do with messages. Callers import from here."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import Account
from compliance.gate import PURPOSES
from payments.models import Payment
from reminders.calls.queueing import cancel_waiting
from reminders.defaults import ensure_default_schedule, ensure_default_templates
from reminders.dispatch import DispatchCounts, dispatch_due, follow_silence, sweep_leases
from reminders.models import Message
from reminders.opt_out import grant_consent, withdraw_consent
from reminders.planning import PlanCounts, plan_debit_notices, plan_reminders
from reminders.queue import new_message, queue_message, queue_messages

__all__ = [
    "DispatchCounts",
    "PlanCounts",
    "cancel_queued",
    "dispatch_due",
    "ensure_default_schedule",
    "ensure_default_templates",
    "follow_silence",
    "grant_consent",
    "plan_debit_notices",
    "plan_receipts",
    "plan_reminders",
    "queue_message",
    "sweep_leases",
    "withdraw_consent",
]


def plan_receipts(payments: Sequence[Payment]) -> None:
    """The receipt of each payment, once. For a debit it keeps to decent hours: the person may be asleep."""
    queue_messages(
        [
            new_message(
                payment.account,
                purpose="debit_receipt" if payment.source == "debit" else "receipt",
                occasion=f"payment:{payment.pk}",
                facts={"payment": payment.pk},
            )
            for payment in payments
        ]
    )


# Notices that are no news any more once something was paid.
OVERTAKEN = frozenset({"debit_failed", "debit_stopped"})


def cancel_queued(*accounts: Account, reason: str) -> int:
    """Cancel every reminder waiting for these accounts; how many. Receipts and notices of what happened stay."""
    ids = [account.pk for account in accounts]
    waiting = Message.objects.filter(account__any_of=ids, state="due").exclude(purpose__in=PURPOSES.keys() - OVERTAKEN)
    cancel_waiting(reason, account__any_of=ids)
    return waiting.update(state="cancelled", reason=reason[:200], claimed_until=None)
