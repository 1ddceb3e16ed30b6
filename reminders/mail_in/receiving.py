"""One inbound mail: kept once, read like a text message, acted on for the person it is from.

The address it was sent to names the message it answers (see `channels.reply_address`); that alone counts as the person.
A sender's address can be written by anybody: who writes without our address is heard where it protects them, and a
person answers; nothing is told. Attachments are counted and never kept.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db import transaction

from accounts.models import Account, Debtor
from common.crypto.fields import sealed_value
from reminders.channels.base import DeliveryState, ReceiptEvent
from reminders.channels.reply_address import message_answered
from reminders.channels.smtp_codes import meaning_of
from reminders.contact_lookup import points_with_number
from reminders.conversations.hearing import hear, read_text
from reminders.inbound import TEXT_MAX, keep
from reminders.mail_in.machines import bounce_in, by_a_machine
from reminders.mail_in.own_words import own_subject, own_words, text_of_html
from reminders.models import InboundMessage, Message
from reminders.receipts import record_receipt

logger = logging.getLogger(__name__)

PERMANENT = 550


@dataclass(frozen=True, slots=True)
class Letter:
    """What of a mail matters to us."""

    sender: str
    subject: str
    text: str
    attachments: int
    dedupe_key: str


def receive_mail(mail: Any, *, event_id: str = "") -> InboundMessage | None:
    """`mail` is an anymail AnymailInboundMessage. None for what is no letter, or came before."""
    number = message_answered(_addressed_to(mail))
    answered = Message.objects.select_related("account", "debtor", "contact_point").filter(pk=number or 0).first()
    if status := bounce_in(mail):
        _bounced(answered, status)
        return None
    if by_a_machine(mail, envelope_sender=mail.envelope_sender):
        logger.info("mail of a machine left unread")
        return None
    return _keep_and_hear(letter_in(mail, answered, event_id=event_id), answered)


def _addressed_to(mail: Any) -> list[str]:
    headers = [value for name in ("To", "Cc", "Delivered-To") for value in mail.get_all(name) or []]
    return [str(mail.envelope_recipient or ""), *map(str, headers)]


def _bounced(answered: Message | None, status: str) -> None:
    if answered is None:
        return
    meaning = meaning_of(PERMANENT if status.startswith("5") else 450, status)
    record_receipt(
        ReceiptEvent(
            dedupe_key=f"dsn:{answered.pk}:{status}",
            provider_ref="",
            state=DeliveryState.BOUNCED,
            message_id=str(answered.pk),
            reason=meaning.reason,
            code=status,
            permanent=meaning.permanent,
            affects=meaning.affects,
        )
    )


def letter_in(mail: Any, answered: Message | None, *, event_id: str = "") -> Letter:
    text = _body_of(mail, "text/plain") or text_of_html(_body_of(mail, "text/html"))
    said = own_words(text, quoted=answered.body if answered else "")
    beyond = own_subject(str(mail.subject or ""), ours=answered.subject if answered else "")
    sender = str(mail.from_email.addr_spec if mail.from_email else "")
    own = str(mail.get("Message-ID") or event_id or said)
    return Letter(
        sender=sender,
        subject=beyond,
        text=f"{beyond}\n{said}".strip() if beyond else said,
        attachments=len(mail.attachments),
        dedupe_key="mail:" + sha256(f"{own}|{answered.pk if answered else sender}".encode()).hexdigest(),
    )


def _body_of(mail: Any, kind: str) -> str:
    """Of a character set nobody knows, what can be read."""
    for part in mail.walk():
        if part.get_content_type() == kind and not part.is_attachment():
            content = part.get_payload(decode=True) or b""
            try:
                return str(content.decode(part.get_content_charset("utf-8"), "replace"))
            except LookupError:
                return str(content.decode("utf-8", "replace"))
    return ""


@transaction.atomic
def _keep_and_hear(letter: Letter, answered: Message | None) -> InboundMessage | None:
    debtors, account, mailbox = _people(letter, answered)
    reading = read_text(letter.text, debtors)
    row = InboundMessage(
        channel="email",
        dedupe_key=letter.dedupe_key,
        debtor=debtors[0] if debtors else None,
        recognised=reading.recognised,
        understood={**reading.kept, "attachments": letter.attachments},
    )
    said = letter.text.replace("\x00", "")[:TEXT_MAX]
    row.text = sealed_value(row, "text", said) if said else ""
    if not keep(row):
        return None
    hear(row, reading, debtors=debtors, account=account, number=mailbox, certain=answered is not None)
    return row


def _people(letter: Letter, answered: Message | None) -> tuple[list[Debtor], Account | None, str]:
    if answered is not None:
        return [answered.debtor], answered.account, answered.contact_point.value if answered.contact_point else ""
    behind = {point.debtor_id: point.debtor for point in points_with_number(letter.sender)}
    return sorted(behind.values(), key=lambda debtor: debtor.pk), None, ""
