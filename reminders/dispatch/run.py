"""The dispatch tick and the sweep behind it."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from common.clock import now
from common.garbage import collected_rarely
from compliance.services import lock_debtors
from reminders.channels.base import Affects, Meaning, OutboundMessage, Outcome, SendResult
from reminders.channels.registry import channel
from reminders.channels.transport import gathered
from reminders.dispatch.claim import RECHECK, Claim, claim_due, claim_expired, renew
from reminders.dispatch.limits import take
from reminders.dispatch.outcome import end, try_again
from reminders.dispatch.prepare import Ready, owned, prepare
from reminders.dispatch.settle import give_back, settle
from reminders.dispatch.statements import Statement
from reminders.models import Message

logger = logging.getLogger(__name__)

BATCH = 200
TOGETHER = 100  # locked at the same time: as long as that takes, a payment or a refusal of these people waits
PATIENCE_SECONDS = 0.2  # an answer waits so long for others to be written down with
FRESH_SECONDS = 5  # so long what was looked at under the locks is good for
LOOK_UPS_MAX = 20
CANNOT_BE_ASKED = frozenset({"cannot_be_asked"})
# Nothing has left. After a few times it fails for good, and people see why.
NOT_WRITTEN = Meaning("never_written", permanent=False, affects=Affects.LATER)
NOT_DRAWN = Meaning("statement_not_drawn", permanent=False, affects=Affects.LATER)


@dataclass(frozen=True, slots=True)
class DispatchCounts:
    claimed: int = 0
    handed_over: int = 0


@collected_rarely()
def dispatch_due(batch: int = BATCH) -> DispatchCounts:
    """Send what is due: one batch. Not inside a transaction. Safe to run in any number of processes at once."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for claim in claim_due(batch):
        claims[claim.channel].append(claim)
    sent = {key: _send_channel(key, claims[key]) for key in sorted(claims)}
    take({key: sent[key] - len(claims[key]) for key in sent if sent[key] < len(claims[key])})
    return DispatchCounts(sum(map(len, claims.values())), sum(sent.values()))


def _send_channel(key: str, claims: list[Claim]) -> int:
    """The next messages are checked and written while the ones before them are on their way."""
    owners: dict[str, Claim] = {}
    sent = 0
    for results in gathered(channel(key).send_all(_ready(claims, owners)), most=TOGETHER, seconds=PATIENCE_SECONDS):
        _settle([(owners[outbound.message_id], result) for outbound, result in results])
        sent += len(results)
    return sent


def _ready(claims: Sequence[Claim], owners: dict[str, Claim]) -> Iterator[OutboundMessage]:
    for start in range(0, len(claims), TOGETHER):
        together = claims[start : start + TOGETHER]
        by_id = {str(claim.message_id): claim for claim in together}
        prepared = _prepared(together)
        for ready in prepared:
            key = ready.outbound.message_id
            owners[key] = replace(by_id[key], until=ready.until)
        looked = time.monotonic()
        for place, ready in enumerate(prepared):
            if time.monotonic() - looked > FRESH_SECONDS:
                # A refusal or a payment of meanwhile must count: they are looked at anew, at once.
                late = [owners[one.outbound.message_id] for one in prepared[place:]]
                _put_back(late, "It waited too long for its turn and is looked at again.")
                break
            if outbound := _whole(ready, owners[ready.outbound.message_id]):
                yield outbound


def _whole(ready: Ready, claim: Claim) -> OutboundMessage | None:
    return _attached(ready.outbound, ready.statement, claim) if ready.statement else ready.outbound


def _prepared(claims: Sequence[Claim]) -> list[Ready]:
    """One that cannot be prepared must not hold up the others: they go on one by one."""
    try:
        return prepare(claims)
    except Exception:
        if not connection.is_usable():
            raise
        ids = [claim.message_id for claim in claims]
        logger.exception("messages could not be prepared", extra={"messages": ids})
    if len(claims) > 1:
        return [ready for claim in claims for ready in _prepared([claim])]
    _settle([(claims[0], SendResult.rejected(NOT_WRITTEN))])
    return []


def _attached(outbound: OutboundMessage, statement: Statement, claim: Claim) -> OutboundMessage | None:
    try:
        return replace(outbound, attachments=(statement.drawn(),))
    except Exception:
        logger.exception("a statement could not be drawn", extra={"message_id": claim.message_id})
    _settle([(claim, SendResult.rejected(NOT_DRAWN))])
    return None


def _settle(results: Sequence[tuple[Claim, SendResult]]) -> None:
    """What cannot be written down waits for its lease, and then the provider is asked."""
    try:
        settle(results)
        return
    except Exception:
        if not connection.is_usable():
            raise
        ids = [claim.message_id for claim, _result in results]
        logger.exception("results could not be written down", extra={"messages": ids})
    if len(results) > 1:
        for one in results:
            _settle([one])


def sweep_leases(batch: int = BATCH) -> int:
    """Take over what a dead or uncertain worker left behind: ask the provider first, send only what never left."""
    claims = claim_expired(batch)
    for claim in claims:
        _recover(claim)
    return len(claims)


def _recover(claim: Claim) -> None:
    message = Message.objects.select_related("contact_point").get(pk=claim.message_id)
    if not message.body:
        _put_back([claim], "The worker stopped before it was written.")
        return
    found = _ask(message, claim)
    if found is None:
        _put_back([claim], "The provider never received it.")
    elif found.outcome is Outcome.UNKNOWN:
        _still_unknown(claim, found)
    else:
        _settle([(claim, found)])


def _ask(message: Message, claim: Claim) -> SendResult | None:
    point = message.contact_point
    outbound = OutboundMessage(
        message_id=str(message.pk), to=point.value if point else "", text=message.body, language=message.language
    )
    handed_over = datetime.fromisoformat(message.facts["handed_over"])  # in real time, whatever the sandbox clock said
    return channel(claim.channel).look_up(outbound, sent_after=handed_over)


@transaction.atomic
def _put_back(claims: Sequence[Claim], reason: str) -> None:
    """Nothing of them has left: what was counted for them is given back."""
    lock_debtors(claim.debtor_id for claim in claims)
    for message in owned(claims):
        give_back(message)
        try_again(message, at=now(), reason=reason, spent=False)


@transaction.atomic
def _still_unknown(claim: Claim, found: SendResult) -> None:
    """A channel that cannot be asked: better one message lost than a demand sent twice. Others are asked again."""
    for message in owned([claim]):
        _ask_again(message, found)


def _ask_again(message: Message, found: SendResult) -> None:
    asked = message.facts.get("look_ups", 0) + 1
    if found.reason in CANNOT_BE_ASKED or asked >= LOOK_UPS_MAX:
        end(message, "failed", "fate_unknown")
        return
    message.facts = {**message.facts, "look_ups": asked}
    message.save(update_fields=["facts"])
    renew(message.pk, lease=RECHECK)
