"""What the providers answered becomes the messages' state, in one short transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import Account, ContactPoint
from common.bulk import update_rows
from common.clock import now
from compliance.contact_ledger import settle_all as settle_entries
from compliance.services import lock_debtors, release
from reminders.channels.base import Affects, DeliveryState, Outcome, SendResult
from reminders.dispatch.claim import RECHECK, Claim, renew
from reminders.dispatch.notices import instalment_was_noticed
from reminders.dispatch.outcome import end, fall_back, tell_all, try_again
from reminders.dispatch.prepare import ledger_source, owned
from reminders.models import MESSAGE_STATES, Message, Step
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
def settle(results: Sequence[tuple[Claim, SendResult]]) -> None:
    """Write down what became of a batch, where the claims still stand; of others somebody else has already learned the
    fate."""
    lock_debtors(claim.debtor_id for claim, _result in results)
    messages = {message.pk: message for message in owned([claim for claim, _result in results])}
    accepted = []
    for claim, result in results:
        message = messages.get(claim.message_id)
        if message is None:
            logger.warning("message settled by another worker", extra={"message_id": claim.message_id})
        elif result.outcome is Outcome.ACCEPTED:
            accepted.append((message, result))
        else:
            _BY_OUTCOME[result.outcome](message, result)
    accept(accepted)


def accept(accepted: Sequence[tuple[Message, SendResult]]) -> None:
    """These were taken by their providers: half a dozen statements for any number. Under the debtors' locks."""
    messages = [message for message, _result in accepted]
    if not messages:
        return
    moment = now()
    steps = _steps_of(messages)
    for message, result in accepted:
        state = STATE_ON_ACCEPTANCE.get(result.state or DeliveryState.QUEUED, "sent")
        MESSAGE_STATES.check(message.state, state)
        message.state, message.provider_reference = state, result.provider_ref[:80]
        message.sent_at, message.claimed_until, message.reason = moment, None, ""
        message.silent_at = _silent_at(message, steps)
    update_rows(messages, "state", "provider_reference", "sent_at", "silent_at", "claimed_until", "reason")
    _touch_accounts(messages, moment)
    settle_entries([ledger_source(message) for message in messages])
    tell_all(messages)
    for message in messages:
        if message.purpose == "pre_debit_notice":
            instalment_was_noticed(message)


def _touch_accounts(messages: Sequence[Message], moment: datetime) -> None:
    """Locked in one order for everybody who locks more than one."""
    ids = list({message.account_id for message in messages})
    rows = Account.objects.filter(pk__any_of=ids)
    accounts = {row.pk: row for row in rows.select_for_update(no_key=True).order_by("pk")}
    rows.update(last_contact_at=moment)
    for message in messages:
        message.account = accounts[message.account_id]


def _steps_of(messages: Sequence[Message]) -> dict[int, Step]:
    return Step.objects.in_bulk({one.step_id for one in messages if one.step_id and one.channels_left})


def _silent_at(message: Message, steps: Mapping[int, Step]) -> datetime | None:
    """When the next channel follows for want of a reaction."""
    step = steps.get(message.step_id or 0)
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
