"""A mail server that keeps everything, refuses whom it is told to refuse, and passes nothing on."""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from reminders.sandbox import faults
from reminders.sandbox.store import Store

# The mail library logs every address it is told.
logging.getLogger("mail.log").setLevel(logging.WARNING)

# By the part before the @, as in bounce@example.org or bounce+anything@example.org.
REPLY_OF_LOCAL_PART: Mapping[str, str] = {
    "bounce": "550 5.1.1 No such mailbox here",
    "disabled": "550 5.2.1 Mailbox disabled",
    "full": "452 4.2.2 Mailbox full",
    "greylist": "450 4.7.1 Try again later",
    "spam": "554 5.7.1 Message refused by content policy",
}
REPLY_OF_FAULT: Mapping[str, str] = {
    "reject_550": "550 5.1.1 No such mailbox here",
    "reject_450": "450 4.2.0 Try again later",
    "busy_421": "421 4.3.2 Too busy",
}
OK = "250 2.1.5 OK"


class Sink:
    def __init__(self, store: Store, *, now: Callable[[], datetime]) -> None:
        self.store = store
        self.now = now

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        reply = REPLY_OF_LOCAL_PART.get(address.partition("@")[0].partition("+")[0].lower()) or self._fault()
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
        for recipient in envelope.rcpt_tos:
            keep_mail(self.store, content, recipient=recipient, sender=envelope.mail_from or "", now=self.now)
        controls = faults.current(self.store)
        if controls.smtp == "drop_after_data" and server.transport is not None:
            faults.spend(self.store, controls, name="smtp")
            server.transport.close()
        return "250 2.0.0 Kept"

    def _fault(self) -> str:
        controls = faults.current(self.store)
        if controls.smtp not in REPLY_OF_FAULT:
            return ""
        faults.spend(self.store, controls, name="smtp")
        return REPLY_OF_FAULT[controls.smtp]


def keep_mail(store: Store, content: bytes, *, recipient: str, sender: str, now: Callable[[], datetime]) -> None:
    mail = message_from_bytes(content, policy=policy.default)
    message_id = store.add_message(
        channel="email",
        direction="outbound",
        ref="EM" + secrets.token_hex(16),
        sender=str(mail.get("From", sender)),
        recipient=recipient,
        subject=str(mail.get("Subject", "")),
        text=_body(mail, "plain"),
        html=_body(mail, "html"),
        headers=_headers(mail),
        status="delivered",
        created_at=now().isoformat(timespec="seconds"),
    )
    for part in mail.iter_attachments():
        store.add_attachment(
            message_id,
            filename=part.get_filename() or "attachment",
            mime_type=part.get_content_type(),
            content=bytes(part.get_payload(decode=True) or b""),
        )


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part else ""


def _headers(mail: EmailMessage) -> str:
    return json.dumps([[name, str(value)] for name, value in mail.items()], ensure_ascii=False)


class _Controller(Controller):
    def factory(self) -> Any:
        return SMTP(self.handler, enable_SMTPUTF8=True, ident="message sandbox", data_size_limit=20 << 20)


def mail_server(sink: Sink, *, host: str, port: int) -> Controller:
    return _Controller(sink, hostname=host, port=port)
