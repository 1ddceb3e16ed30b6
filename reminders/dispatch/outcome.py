"""The ways a message row can go on: another time, another channel, or the end with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accounts.events import new_event, record_events
from accounts.models import Event
from common.clock import now
from reminders.dispatch.notices import notice_could_not_be_given
from reminders.models import MESSAGE_STATES, Message

REASON_MAX = 200
EVENT_OF_STATE = {
    "sent": "message.sent",
    "delivered": "message.sent",
    "blocked": "message.blocked",
    "cancelled": "message.cancelled",
    "failed": "message.failed",
    "bounced": "message.bounced",
}


def end(message: Message, state: str, reason: str) -> None:
    """A final (or nearly final) state with its reason, and the event that tells of it."""
    _move(message, state, reason=reason[:REASON_MAX], claimed_until=None)
    tell(message, reason)
    if message.purpose == "pre_debit_notice" and not message.channels_left and state in ("blocked", "failed"):
        notice_could_not_be_given(message, reason)


def tell(message: Message, reason: str = "") -> None:
    record_events([_event(message, reason)])


def tell_all(messages: Sequence[Message]) -> None:
    record_events([_event(message) for message in messages])


def _event(message: Message, reason: str = "") -> Event:
    return new_event(
        EVENT_OF_STATE[message.state],
        account=message.account,
        message=message.pk,
        channel=message.channel,
        purpose=message.purpose,
        reason=reason[:REASON_MAX],
    )


def try_again(message: Message, *, at: datetime, reason: str, spent: bool = True) -> None:
    """Due again at `at`. `spent` false: nothing was tried, so it does not count against the attempts."""
    attempts = message.attempts if spent else max(0, message.attempts - 1)
    _move(message, "due", reason=reason[:REASON_MAX], due_at=at, claimed_until=None, attempts=attempts, body="")


def try_next_channel(message: Message, reason: str) -> None:
    """The same message by the next channel, at once; nothing has left the house yet."""
    _move(
        message,
        "due",
        reason=reason[:REASON_MAX],
        channel=message.channels_left[0],
        channels_left=message.channels_left[1:],
        contact_point=None,
        due_at=now(),
        claimed_until=None,
        attempts=0,
        body="",
    )


def fall_back(message: Message) -> Message | None:
    """A new message by the next channel after this one failed outside; None when no channel is left."""
    if not message.channels_left:
        return None
    stem, _, number = message.occasion.partition("#")
    sibling = Message(
        priority=message.priority,
        account_id=message.account_id,
        debtor_id=message.debtor_id,
        step_id=message.step_id,
        purpose=message.purpose,
        occasion=f"{stem}#{int(number or 1) + 1}",
        channel=message.channels_left[0],
        channels_left=message.channels_left[1:],
        facts={**_inherited(message), "fell_back_from": message.pk},
        due_at=now(),
    )
    created = Message.objects.bulk_create([sibling], ignore_conflicts=True)
    return created[0]


_CARRIED = ("payment", "instalment", "complaint", "dispute", "remark", "notice")


def _inherited(message: Message) -> dict[str, object]:
    """What its words are filled from, whichever way it goes."""
    return {name: message.facts[name] for name in _CARRIED if name in message.facts}


def _move(message: Message, state: str, **fields: object) -> None:
    MESSAGE_STATES.check(message.state, state)
    message.state = state
    for name, value in fields.items():
        setattr(message, name, value)
    message.save(update_fields=["state", *fields])
