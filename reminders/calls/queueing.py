"""A reminder by voice becomes a task in the callers' queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accounts.events import record_event
from common.clock import now
from compliance.gate import Verdict
from reminders.models import MESSAGE_STATES, CallTask, Message

PATIENCE = timedelta(days=5)  # a task nobody got to gives way to what the schedule says then


def queue_call(message: Message, verdict: Verdict) -> CallTask:
    """In the transaction that takes the message out of the dispatcher's hands. The message counts as handed over; the
    call's outcome decides whether it arrived."""
    MESSAGE_STATES.check(message.state, "sent")
    moment = now()
    task = CallTask.objects.create(
        account_id=message.account_id,
        debtor_id=message.debtor_id,
        message=message,
        purpose=message.purpose,
        not_before=verdict.until or moment,
        expires_at=moment + PATIENCE,
    )
    message.state, message.claimed_until, message.reason = "sent", None, ""
    message.save(update_fields=["state", "claimed_until", "reason"])
    record_event("call.queued", account=message.account, call=task.pk, purpose=message.purpose)
    return task


def cancel_waiting(reason: str, **which: Any) -> int:
    """Calls not begun yet end at once, as messages do, when the person pays, refuses or is protected."""
    waiting = CallTask.objects.filter(state="waiting", **which)
    return waiting.update(state="cancelled", reason=reason[:200], ended_at=now())
