"""A reminder nobody reacted to is followed by the next channel, when its step says so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Event
from common.clock import now
from compliance.services import lock_debtor
from payments.models import Payment
from reminders.dispatch.outcome import fall_back
from reminders.models import InboundMessage, Message

BATCH = 200


def follow_silence(batch: int = BATCH) -> int:
    """Queue the next channel of every message whose time for a reaction is over; how many were. The gate still decides
    about each when it is sent."""
    moment = now()
    waiting = Message.objects.filter(silent_at__lte=moment).order_by("silent_at")
    return sum(_follow(pk, debtor_id, moment) for pk, debtor_id in waiting.values_list("pk", "debtor_id")[:batch])


@transaction.atomic
def _follow(pk: int, debtor_id: UUID, moment: datetime) -> bool:
    lock_debtor(debtor_id)
    message = Message.objects.select_for_update(of=("self",)).filter(pk=pk, silent_at__lte=moment).first()
    if message is None:
        return False
    message.silent_at = None
    message.save(update_fields=["silent_at"])
    unanswered = message.state in ("sent", "delivered") and not _reacted(message)
    return unanswered and fall_back(message) is not None


def _reacted(message: Message) -> bool:
    """Clicked, opened a link, paid, asked or wrote: whatever the person did since it was sent."""
    since = message.sent_at
    return (
        message.receipts.filter(status="clicked").exists()
        or Event.objects.filter(account_id=message.account_id, source="debtor", happened_at__gte=since).exists()
        or Payment.objects.filter(account_id=message.account_id, created_at__gte=since).exists()
        or InboundMessage.objects.filter(debtor_id=message.debtor_id, received_at__gte=since).exists()
    )
