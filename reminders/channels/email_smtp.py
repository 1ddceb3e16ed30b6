"""E-mail through Django's mail backend: SMTP, or any provider anymail speaks."""

import re
import smtplib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import BadHeaderError

from reminders.channels.base import DeliveryState, HttpIn, InboundText, OutboundMessage, ReceiptEvent, SendResult
from reminders.channels.errors import ChannelNotConfigured, InvalidCallback, UnsafeHeader
from reminders.channels.mail_connection import mail_connection
from reminders.channels.reply_address import reply_address
from reminders.channels.smtp_codes import (
    CREDENTIALS,
    INVALID_REQUEST,
    NO_MAILBOX,
    NOT_CONFIGURED,
    SENDER_REFUSED,
    TRY_LATER,
    meaning_of,
)

HEADER_NAME = re.compile(r"[!-9;-~]{1,76}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# What the channel or the mail library writes itself; a second one would be believed by some readers.
RESERVED_HEADERS = frozenset({"from", "sender", "to", "cc", "bcc", "subject", "message-id", "return-path", "reply-to"})
PERMANENT_FROM = 500


class EmailChannel:
    key = "email"

    def __init__(self, connect: Callable[[], Any] = mail_connection) -> None:
        self._connect = connect

    def send(self, message: OutboundMessage) -> SendResult:
        return next(result for _, result in self.send_all([message]))

    def send_all(self, messages: Iterable[OutboundMessage]) -> Iterator[tuple[OutboundMessage, SendResult]]:
        """One connection for all of them; a message that loses it leaves the next one a new connection."""
        line = _Line(self._connect)
        try:
            for message in messages:
                yield message, _send_one(line, message)
        finally:
            line.close()

    def look_up(self, message: OutboundMessage, *, sent_after: datetime) -> SendResult | None:
        """SMTP has no way to ask, and an e-mail lost is better than a demand sent twice."""
        return SendResult.unknown("cannot_be_asked")

    def parse_callback(self, request: HttpIn) -> list[ReceiptEvent]:
        raise InvalidCallback("E-mail receipts come through the mail provider's own webhook, not this address.")

    def parse_inbound(self, request: HttpIn) -> list[InboundText]:
        raise InvalidCallback("E-mail replies come through the mail provider's own webhook, not this address.")


class _Line:
    """A mail connection opened when first needed and again after it broke."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._open: Any = None

    def open(self) -> Any:
        if self._open is None:
            connection = self._connect()
            connection.open()
            self._open = connection
        return self._open

    def close(self) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            connection.close()


def _send_one(line: _Line, message: OutboundMessage) -> SendResult:
    try:
        email = build_email(message)
    except (UnsafeHeader, BadHeaderError) as error:
        return SendResult.rejected(NO_MAILBOX if getattr(error, "field", "") == "to" else INVALID_REQUEST)
    try:
        connection = line.open()
    except smtplib.SMTPAuthenticationError as error:
        return SendResult.rejected(CREDENTIALS, code=str(error.smtp_code))
    except ChannelNotConfigured:
        return SendResult.rejected(NOT_CONFIGURED)
    except (OSError, smtplib.SMTPException):
        return SendResult.rejected(TRY_LATER)
    return _hand_over(line, connection, email)


def _hand_over(line: _Line, connection: Any, email: EmailMultiAlternatives) -> SendResult:
    try:
        connection.send_messages([email])
    except smtplib.SMTPRecipientsRefused as error:
        return _refused(*next(iter(error.recipients.values())))
    except smtplib.SMTPSenderRefused as error:
        line.close()
        temporary = error.smtp_code < PERMANENT_FROM
        return SendResult.rejected(TRY_LATER if temporary else SENDER_REFUSED, code=str(error.smtp_code))
    except smtplib.SMTPResponseException as error:
        line.close()
        return _refused(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException):
        # The line broke somewhere between greeting and the final dot: it may have been delivered.
        line.close()
        return SendResult.unknown("connection_lost")
    status = getattr(email, "anymail_status", None)
    reference = getattr(status, "message_id", None) or email.extra_headers["Message-ID"]
    return SendResult.accepted(str(reference), DeliveryState.SENT)


def _refused(code: int, text: bytes | str) -> SendResult:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return SendResult.rejected(meaning_of(code, words), code=str(code))


def build_email(message: OutboundMessage) -> EmailMultiAlternatives:
    """The finished mail. Raises UnsafeHeader for anything that could add headers or recipients."""
    email = EmailMultiAlternatives(
        subject=_safe(message.subject, "subject"),
        body=message.text,
        from_email=_safe(message.from_ or settings.DEFAULT_FROM_EMAIL, "from"),
        to=[_one_address(message.to)],
        reply_to=[address] if (address := reply_address(message.message_id)) else None,
        headers=_headers(message),
    )
    if message.html:
        email.attach_alternative(message.html, "text/html")
    # Mail providers hand it back with every event, so that one which overtakes our own commit finds its message.
    email.metadata = {"message": message.message_id}  # type: ignore[attr-defined]
    for attachment in message.attachments:
        email.attach(_safe(attachment.filename, "attachment"), attachment.content, attachment.mime_type)
    return email


def _headers(message: OutboundMessage) -> dict[str, str]:
    for name, value in message.headers.items():
        if not HEADER_NAME.fullmatch(name) or name.lower() in RESERVED_HEADERS:
            raise UnsafeHeader("This header cannot be set on a message.", field=name[:40])
        _safe(value, name)
    headers = {
        **message.headers,
        "Message-ID": message_id_header(message),
        "Content-Language": _safe(message.language, "language"),
        # No out-of-office answer may come back as a reply from the debtor (RFC 3834).
        "Auto-Submitted": "auto-generated",
    }
    if message.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{_safe(message.unsubscribe_url, 'unsubscribe_url')}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def message_id_header(message: OutboundMessage) -> str:
    """The same message always carries the same Message-ID, so a mail program shows a repeated one once."""
    sender = parseaddr(message.from_ or settings.DEFAULT_FROM_EMAIL)[1]
    domain = sender.rpartition("@")[2] or "localhost"
    local = re.sub(r"[^A-Za-z0-9._-]", "", message.message_id)
    return f"<{local}@{domain}>"


def _one_address(text: str) -> str:
    name, address = parseaddr(_safe(text, "to"))
    if address.count("@") != 1 or "," in address or name or address != text.strip():
        raise UnsafeHeader("This is not one plain e-mail address.", field="to")
    return address


def _safe(value: str, field: str) -> str:
    if CONTROL.search(value):
        raise UnsafeHeader("Line breaks and control characters are not allowed here.", field=field)
    return value
