"""A person says stop: written down, and everything queued for that channel falls silent in the same transaction."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.events import record_event
from accounts.models import Consent, ContactPoint, Debtor
from common.clock import now
from compliance.gate import EVERY_CHANNEL, PURPOSES
from compliance.services import lock_debtor
from reminders.calls.queueing import cancel_waiting
from reminders.models import Message


@transaction.atomic
def withdraw_consent(
    debtor: Debtor,
    *,
    channel: str,
    source: str,
    contact_point: ContactPoint | None = None,
    evidence: dict[str, Any] | None = None,
) -> Consent:
    """Record a refusal (`channel` "*": of everything) and cancel what it covers. Saying it twice does no harm."""
    lock_debtor(debtor.pk)
    row = Consent.objects.create(
        debtor=debtor,
        channel=channel,
        granted=False,
        contact_point=contact_point,
        evidence={"source": source, **(evidence or {})},
    )
    silenced = silence(debtor, channel=channel)
    record_event("consent.withdrawn", debtor=debtor, creditor=debtor.creditor, source=source, channel=channel)
    row.evidence = {**row.evidence, "cancelled": silenced}
    row.save(update_fields=["evidence"])
    return row


@transaction.atomic
def grant_consent(debtor: Debtor, *, channel: str, source: str, evidence: dict[str, Any] | None = None) -> Consent:
    """The person asked to hear from us again on this channel."""
    lock_debtor(debtor.pk)
    record_event("consent.granted", debtor=debtor, creditor=debtor.creditor, source=source, channel=channel)
    return Consent.objects.create(
        debtor=debtor, channel=channel, granted=True, evidence={"source": source, **(evidence or {})}
    )


def silence(debtor: Debtor, *, channel: str) -> int:
    """Cancel the reminders waiting for the channel. Those in a worker's hands are stopped by the gate.

    One by another channel first stays: what the person refused is skipped when its turn comes.
    """
    waiting = Message.objects.filter(debtor=debtor, state="due").exclude(purpose__in=list(PURPOSES))
    if channel != EVERY_CHANNEL:
        waiting = waiting.filter(channel=channel)
    if channel in ("voice", EVERY_CHANNEL):
        cancel_waiting("The person asked us to stop.", debtor=debtor)
    return waiting.update(state="cancelled", reason="The person asked us to stop.", claimed_until=None)


def last_refusal(debtor: Debtor) -> Consent | None:
    return Consent.objects.filter(debtor=debtor, granted=False, recorded_at__lte=now()).order_by("-recorded_at").first()
