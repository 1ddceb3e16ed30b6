"""The debtor's side of the phone: an answer typed in the outbox reaches the platform as Twilio's signed webhook."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime

from reminders.sandbox import faults
from reminders.sandbox.receipts import Receipts
from reminders.sandbox.store import Store

STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke", "退订", "退訂"})
START_WORDS = frozenset({"start", "unstop", "yes"})
HELP_WORDS = frozenset({"help", "info"})
OPT_OUT_TYPE: Mapping[str, str] = {
    **dict.fromkeys(STOP_WORDS, "STOP"),
    **dict.fromkeys(START_WORDS, "START"),
    **dict.fromkeys(HELP_WORDS, "HELP"),
}


class Inbound:
    def __init__(self, store: Store, *, receipts: Receipts, inbound_url: str, now: Callable[[], datetime]) -> None:
        self.store = store
        self.receipts = receipts
        self.inbound_url = inbound_url
        self.now = now

    def reply(self, *, from_: str, to: str, text: str) -> tuple[str, str]:
        """(reference of the new message, what the platform answered)."""
        ref = "SM" + secrets.token_hex(16)
        by_sms = not from_.startswith("whatsapp:")
        kind = OPT_OUT_TYPE.get(text.strip().casefold(), "") if by_sms else ""
        if kind == "STOP":
            self.store.opt_out(from_)
        elif kind == "START":
            self.store.opt_in(from_)
        self.store.add_message(
            channel="sms",
            direction="inbound",
            ref=ref,
            sender=from_,
            recipient=to,
            text=text,
            status="received",
            created_at=self.now().isoformat(timespec="seconds"),
        )
        answer = self.receipts.post(self.inbound_url, self._fields(ref, from_=from_, to=to, text=text, kind=kind))
        self.store.add_receipt(ref, status="received", answer=answer, at=self.now().isoformat(timespec="seconds"))
        return ref, answer

    def _fields(self, ref: str, *, from_: str, to: str, text: str, kind: str) -> dict[str, str]:
        fields = {
            "AccountSid": self.receipts.account_sid,
            "ApiVersion": "2010-04-01",
            "MessageSid": ref,
            "SmsSid": ref,
            "SmsMessageSid": ref,
            "SmsStatus": "received",
            "From": from_,
            "To": to,
            "Body": text,
            "NumMedia": "0",
            "NumSegments": "1",
        }
        told = kind and faults.current(self.store).advanced_opt_out
        return {**fields, "OptOutType": kind} if told else fields
