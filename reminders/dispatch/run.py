"""The dispatch tick and the sweep behind it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from common.clock import now
from reminders.channels.base import OutboundMessage, Outcome, SendResult
from reminders.channels.registry import channel
from reminders.dispatch.claim import RECHECK, Claim, claim_due, claim_expired, renew
from reminders.dispatch.limits import take
from reminders.dispatch.outcome import end, try_again
from reminders.dispatch.prepare import owned, prepare
from reminders.dispatch.settle import give_back, settle
from reminders.models import Message

logger = logging.getLogger(__name__)

BATCH = 200
LOOK_UPS_MAX = 20
CANNOT_BE_ASKED = frozenset({"cannot_be_asked"})


@dataclass(frozen=True, slots=True)
class DispatchCounts:
    claimed: int = 0
    handed_over: int = 0


def dispatch_due(batch: int = BATCH) -> DispatchCounts:
    """Send what is due: one batch. Not inside a transaction. Safe to run in any number of processes at once."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for claim in claim_due(batch):
        claims[claim.channel].append(claim)
    sent = {key: _send_channel(key, claims[key]) for key in sorted(claims)}
    take({key: sent[key] - len(claims[key]) for key in sent if sent[key] < len(claims[key])})
    return DispatchCounts(sum(map(len, claims.values())), sum(sent.values()))


def _send_channel(key: str, claims: list[Claim]) -> int:
    """Each message is checked and written just before it leaves, while the ones before it are on their way."""
    owners: dict[str, Claim] = {}
    sent = 0
    for outbound, result in channel(key).send_all(_ready(claims, owners)):
        settle(owners[outbound.message_id], result)
        sent += 1
    return sent


def _ready(claims: Iterable[Claim], owners: dict[str, Claim]) -> Iterator[OutboundMessage]:
    for claim in claims:
        try:
            ready = prepare(claim)
        except Exception:
            # One row that cannot be prepared must not hold up the others; its lease runs out and it is tried again.
            logger.exception("message could not be prepared", extra={"message_id": claim.message_id})
            continue
        if ready is not None:
            owners[ready.outbound.message_id] = replace(claim, until=ready.until)
            yield ready.outbound


def sweep_leases(batch: int = BATCH) -> int:
    """Take over what a dead or uncertain worker left behind: ask the provider first, send only what never left."""
    claims = claim_expired(batch)
    for claim in claims:
        _recover(claim)
    return len(claims)


def _recover(claim: Claim) -> None:
    message = Message.objects.select_related("contact_point").get(pk=claim.message_id)
    if not message.body:
        _put_back(claim, "The worker stopped before it was written.")
        return
    found = _ask(message, claim)
    if found is None:
        _put_back(claim, "The provider never received it.")
    elif found.outcome is Outcome.UNKNOWN:
        _still_unknown(claim, found)
    else:
        settle(claim, found)


def _ask(message: Message, claim: Claim) -> SendResult | None:
    point = message.contact_point
    outbound = OutboundMessage(
        message_id=str(message.pk), to=point.value if point else "", text=message.body, language=message.language
    )
    handed_over = datetime.fromisoformat(message.facts["handed_over"])  # in real time, whatever the sandbox clock said
    return channel(claim.channel).look_up(outbound, sent_after=handed_over)


@transaction.atomic
def _put_back(claim: Claim, reason: str) -> None:
    message = owned(claim)
    if message is not None:
        give_back(message)
        try_again(message, at=now(), reason=reason, spent=False)


@transaction.atomic
def _still_unknown(claim: Claim, found: SendResult) -> None:
    """A channel that cannot be asked: better one message lost than a demand sent twice. Others are asked again."""
    message = owned(claim)
    if message is None:
        return
    asked = message.facts.get("look_ups", 0) + 1
    if found.reason in CANNOT_BE_ASKED or asked >= LOOK_UPS_MAX:
        end(message, "failed", "fate_unknown")
        return
    message.facts = {**message.facts, "look_ups": asked}
    message.save(update_fields=["facts"])
    renew(message.pk, lease=RECHECK)
