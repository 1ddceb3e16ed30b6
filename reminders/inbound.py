"""What people write back by text: kept once, and acted on before anything else happens."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Debtor
from common.crypto.fields import sealed_value
from reminders.channels.base import InboundText
from reminders.contact_lookup import points_with_number
from reminders.conversations.hearing import hear, read_text
from reminders.models import InboundMessage, Message

TEXT_MAX = 10_000
# Twilio itself confirms these words in English and blocks the number; a second confirmation would be one too many.
CONFIRMED_BY_CARRIER = frozenset(["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"])


@transaction.atomic
def receive_text(text: InboundText, *, channel: str = "sms") -> InboundMessage | None:
    """Store one inbound text and act on it; None when it came before.

    A number may belong to several people (or one person at several creditors): a refusal counts for each of them.
    """
    debtors = _people_behind(text.from_)
    said = text.text.replace("\x00", "")[:TEXT_MAX]
    reading = read_text(text.text, debtors, keyword=text.keyword)
    row = InboundMessage(
        channel=channel,
        dedupe_key=text.dedupe_key[:120],
        debtor=debtors[0] if debtors else None,
        text=said,
        recognised=reading.recognised,
        understood=reading.kept,
    )
    row.text = sealed_value(row, "text", row.text) if row.text else ""
    if not keep(row):
        return None
    by_carrier = channel == "sms" and text.text.strip().casefold() in CONFIRMED_BY_CARRIER
    confirmed = text.answered_by_provider or by_carrier
    hear(row, reading, debtors=debtors, number=text.from_, confirmed=confirmed)
    return row


def keep(row: InboundMessage) -> bool:
    """False when it was kept before."""
    InboundMessage.objects.bulk_create([row], ignore_conflicts=True)
    return InboundMessage.objects.filter(pk=row.pk).exists()


def _people_behind(number: str) -> list[Debtor]:
    """Everyone with this number; first whoever we wrote to last, because that is who is answering."""
    points = points_with_number(number)
    debtors = {point.debtor_id: point.debtor for point in points}
    recent = Message.objects.filter(debtor_id__in=list(debtors), sent_at__isnull=False).order_by("-sent_at").first()
    return sorted(debtors.values(), key=lambda debtor: (recent is None or debtor.pk != recent.debtor_id, debtor.pk))
