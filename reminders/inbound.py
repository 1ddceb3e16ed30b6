"""What people write back: kept once, and a refusal honoured before anything else happens."""

from __future__ import annotations

from django.db import transaction

from accounts.events import record_event
from accounts.models import Account, Consent, Debtor
from common.clock import today
from common.crypto.fields import sealed_value
from compliance.gate import EVERY_CHANNEL
from reminders.channels.base import InboundText, Keyword
from reminders.confirmation import CONFIRMATION
from reminders.contact_lookup import points_with_number
from reminders.models import InboundMessage, Message
from reminders.opt_out import grant_consent, withdraw_consent
from reminders.queue import queue_message
from reminders.understanding.refusals import refusal_in

TEXT_MAX = 10_000
# Twilio itself confirms these words in English and blocks the number; a second confirmation would be one too many.
CONFIRMED_BY_CARRIER = frozenset(["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"])


@transaction.atomic
def receive_text(text: InboundText, *, channel: str = "sms") -> InboundMessage | None:
    """Store one inbound text and act on it; None when it came before.

    A number may belong to several people (or one person at several creditors): a refusal counts for each of them.
    """
    debtors = _people_behind(text.from_)
    row = InboundMessage(
        channel=channel,
        dedupe_key=text.dedupe_key[:120],
        debtor=debtors[0] if debtors else None,
        text=text.text.replace("\x00", "")[:TEXT_MAX],
        recognised=_recognise(text),
    )
    row.text = sealed_value(row, "text", row.text) if row.text else ""
    if not _keep(row):
        return None
    for debtor in debtors:
        _act(row, text, debtor)
    return row


def _keep(row: InboundMessage) -> bool:
    InboundMessage.objects.bulk_create([row], ignore_conflicts=True)
    return InboundMessage.objects.filter(pk=row.pk).exists()


def _people_behind(number: str) -> list[Debtor]:
    """Everyone with this number; first whoever we wrote to last, because that is who is answering."""
    points = points_with_number(number)
    debtors = {point.debtor_id: point.debtor for point in points}
    recent = Message.objects.filter(debtor_id__in=list(debtors), sent_at__isnull=False).order_by("-sent_at").first()
    return sorted(debtors.values(), key=lambda debtor: (recent is None or debtor.pk != recent.debtor_id, debtor.pk))


def _recognise(text: InboundText) -> str:
    if text.keyword is not None and text.keyword is not Keyword.STOP:
        return text.keyword.value
    refused = refusal_in(text.text)
    if refused == EVERY_CHANNEL:
        return "stop_everything"
    return "stop" if refused is not None or text.keyword is Keyword.STOP else ""


def _act(row: InboundMessage, text: InboundText, debtor: Debtor) -> None:
    evidence = {"inbound": str(row.pk)}
    if row.recognised in ("stop", "stop_everything"):
        scope = EVERY_CHANNEL if row.recognised == "stop_everything" else row.channel
        withdraw_consent(debtor, channel=scope, source="inbound", evidence=evidence)
        _confirm(text, debtor, channel=row.channel)
    elif row.recognised == "start" and _refused(debtor, row.channel):
        grant_consent(debtor, channel=row.channel, source="inbound", evidence=evidence)
    record_event(
        "message.received",
        debtor=debtor,
        creditor=debtor.creditor,
        source="debtor",
        inbound=str(row.pk),
        channel=row.channel,
        recognised=row.recognised,
    )


def _refused(debtor: Debtor, channel: str) -> bool:
    said = Consent.objects.filter(debtor=debtor, channel__in=[channel, EVERY_CHANNEL]).order_by("-recorded_at", "-id")
    newest = said.first()
    return newest is not None and not newest.granted


def _confirm(text: InboundText, debtor: Debtor, *, channel: str) -> None:
    """At most one confirmation a day, and none where the carrier has already given it."""
    if text.answered_by_provider or text.text.strip().casefold() in CONFIRMED_BY_CARRIER:
        return
    account = Account.objects.filter(debtor=debtor).order_by("-id").first()
    if account is not None:
        queue_message(account, purpose=CONFIRMATION, occasion=f"stopped:{today()}", channels=(channel,))
