"""The end of an attempt and of its payment. The caller holds the locks: account, payment, attempt."""

from __future__ import annotations

from datetime import datetime

from accounts.events import record_event
from accounts.models import Account
from common.clock import now
from payments.models import Attempt
from payments.services.locking import lock_chain
from payments.services.waiting import LADDER

FINISHED = (
    "state", "provider_reference", "paid_with", "finished_at", "claimed_until", "look_up_at", "action", "needs_person",
)  # fmt: skip


def finish(attempt: Attempt, state: str) -> None:
    mark_finished(attempt, state)
    attempt.save()


def mark_finished(attempt: Attempt, state: str, *, at: datetime | None = None) -> None:
    """In memory; the fields it sets are `FINISHED`."""
    attempt.state, attempt.finished_at = state, at or now()
    attempt.claimed_until = attempt.look_up_at = attempt.action = None
    attempt.needs_person = False


def end_payment(attempt: Attempt, state: str, source: str) -> None:
    payment = attempt.payment
    if payment.state != "open":
        return
    payment.state, payment.finished_at = state, now()
    payment.save(update_fields=["state", "finished_at"])
    record_event(
        f"payment.{state}",
        account=payment.account,
        source=source,
        payment=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        by=payment.source,
        reason=attempt.reason,
    )


def close_unsent(attempt: Attempt, reason: str, *, decided: bool = False) -> None:
    """End an attempt that never reached the provider. The caller holds the locks of its chain.

    A debit that was sent, or whose claim was lost, once may arrive all the same: it is asked about until somebody
    knows, or a person has `decided`. Its reference must not be followed by a new one before that.
    """
    attempt.reason = reason
    if may_have_left(attempt) and not decided:
        _ask_about(attempt)
        return
    finish(attempt, "closed")
    end_payment(attempt, "cancelled", "system")
    release_instalment(attempt)


def may_have_left(attempt: Attempt) -> bool:
    """Whether the look-up put it back in the queue, under its own reference, because the provider did not know it."""
    return attempt.looked_up_at is not None and attempt.mandate_id is not None


def _ask_about(attempt: Attempt) -> None:
    attempt.state, attempt.claimed_until = "unknown", None
    attempt.look_up_at = now() + LADDER[min(attempt.look_ups, len(LADDER) - 1)]
    attempt.save(update_fields=["state", "reason", "claimed_until", "look_up_at"])


def drop_queued_debits(*accounts: Account, reason: str) -> None:
    """Close the accounts' debits that wait to be sent. One that is on its way is not recalled."""
    waiting = Attempt.objects.filter(payment__account__in=accounts, payment__source="debit", state="created")
    for attempt_id in list(waiting.order_by("payment__account_id", "pk").values_list("pk", flat=True)):
        _account, _payment, attempt = lock_chain(attempt_id)
        if attempt.state == "created":
            close_unsent(attempt, reason)


def release_instalment(attempt: Attempt) -> None:
    """A debit that never happened leaves its instalment as it was."""
    row = attempt.payment.instalment
    if row and row.state == "noticed" and attempt.reason:
        row.last_reason = attempt.reason
        row.save(update_fields=["last_reason"])
