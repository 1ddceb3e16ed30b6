"""What the provider answered becomes the message's state, in one short transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import Account, ContactPoint
from common.clock import now
from compliance.contact_ledger import settle as settle_entry
from compliance.services import lock_debtor, release
from reminders.channels.base import Affects, DeliveryState, Outcome, SendResult
from reminders.dispatch.claim import RECHECK, Claim, renew
from reminders.dispatch.notices import instalment_was_noticed
from reminders.dispatch.outcome import end, fall_back, tell, try_again
from reminders.dispatch.prepare import ledger_source, owned
from reminders.models import MESSAGE_STATES, Message
from reminders.opt_out import withdraw_consent

logger = logging.getLogger(__name__)

ATTEMPTS_MAX = 5
BACKOFF = timedelta(minutes=1)
OUTAGE_PAUSE = timedelta(minutes=15)
OUTAGE_PATIENCE = timedelta(hours=24)
# Ours to repair, the same for every message: wait, spend nothing. Other operator faults are about this message's route.
OUTAGES = frozenset({"credentials", "account_suspended", "sender_refused"})
STATE_ON_ACCEPTANCE = {DeliveryState.DELIVERED: "delivered"}


@transaction.atomic
def settle(claim: Claim, result: SendResult) -> None:
    """Write the result down, if the claim still stands; otherwise someone else has already learned the fate."""
    debtor_id = Message.objects.values_list("debtor_id", flat=True).get(pk=claim.message_id)
    lock_debtor(debtor_id)
    message = owned(claim)
    if message is None:
        logger.warning("message settled by another worker", extra={"message_id": claim.message_id})
        return
    _BY_OUTCOME[result.outcome](message, result)


def accept(message: Message, result: SendResult) -> None:
    state = STATE_ON_ACCEPTANCE.get(result.state or DeliveryState.QUEUED, "sent")
    MESSAGE_STATES.check(message.state, state)
    message.state, message.provider_reference = state, result.provider_ref[:80]
    message.sent_at, message.claimed_until, message.reason = now(), None, ""
    message.silent_at = _silent_at(message)
    message.save(update_fields=["state", "provider_reference", "sent_at", "silent_at", "claimed_until", "reason"])
    Account.objects.filter(pk=message.account_id).update(last_contact_at=message.sent_at)
    settle_entry(ledger_source(message))
    tell(message)
    if message.purpose == "pre_debit_notice":
        instalment_was_noticed(message)


def _silent_at(message: Message) -> datetime | None:
    """When the next channel follows for want of a reaction."""
    step = message.step
    if step is None or not step.silence_hours or not message.channels_left or message.sent_at is None:
        return None
    return message.sent_at + timedelta(hours=step.silence_hours)


def _unknown(message: Message, result: SendResult) -> None:
    """It may have left. The row keeps its claim for a moment; then the provider is asked, see `sweep_leases`."""
    message.facts = {**message.facts, "unknown": result.reason}
    message.save(update_fields=["facts"])
    renew(message.pk, lease=RECHECK)


def _rejected(message: Message, result: SendResult) -> None:
    """Refused for certain: the person got nothing, so the contact is given back to their caps."""
    give_back(message)
    _BY_AFFECTED[result.affects or Affects.LATER](message, result)


def _later(message: Message, result: SendResult) -> None:
    limit = ATTEMPTS_MAX if result.max_retries is None else min(ATTEMPTS_MAX, result.max_retries + 1)
    if message.attempts >= limit:
        _fail(message, result)
        return
    pause = timedelta(seconds=result.retry_after) if result.retry_after else BACKOFF * 2 ** (message.attempts - 1)
    try_again(message, at=now() + pause, reason=result.reason)


def _operator(message: Message, result: SendResult) -> None:
    if result.reason in OUTAGES and now() < message.created_at + OUTAGE_PATIENCE:
        logger.error("channel refuses our account", extra={"channel": message.channel, "reason": result.reason})
        try_again(message, at=now() + OUTAGE_PAUSE, reason=result.reason, spent=False)
        return
    _fail(message, result)


def _address(message: Message, result: SendResult) -> None:
    mark_contact_point(message.contact_point_id, "invalid" if result.permanent else "failing")
    _fail(message, result)


def _opted_out(message: Message, result: SendResult) -> None:
    withdraw_consent(message.debtor, channel=message.channel, source="provider", evidence={"code": result.code})
    _fail(message, result)


def _fail(message: Message, result: SendResult) -> None:
    end(message, "failed", result.reason)
    fall_back(message)


def give_back(message: Message) -> None:
    """Return the contact reserved for this sending. Once: the note of it is removed."""
    day = message.facts.pop("reserved", None)
    release(
        message.debtor_id,
        day=date.fromisoformat(day) if day else None,
        channel=message.channel,
        source=ledger_source(message),
    )
    if day:
        message.save(update_fields=["facts"])


def mark_contact_point(point_id: UUID | None, condition: str) -> None:
    rows = ContactPoint.objects.filter(pk=point_id) if point_id else ContactPoint.objects.none()
    for point in rows.exclude(condition=condition):
        point.condition = condition
        point.save(update_fields=["condition"])


_BY_OUTCOME: Mapping[Outcome, Callable[[Message, SendResult], None]] = {
    Outcome.ACCEPTED: accept,
    Outcome.UNKNOWN: _unknown,
    Outcome.REJECTED: _rejected,
}
_BY_AFFECTED: Mapping[Affects, Callable[[Message, SendResult], None]] = {
    Affects.ADDRESS: _address,
    Affects.OPT_OUT: _opted_out,
    Affects.TEMPLATE: _fail,
    Affects.OPERATOR: _operator,
    Affects.LATER: _later,
}
