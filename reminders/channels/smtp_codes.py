"""What a mail server's reply means. Enhanced codes (RFC 3463) first, then the basic code, then its first digit."""

import re
from collections.abc import Mapping

from reminders.channels.base import Affects, Meaning

NO_MAILBOX = Meaning("no_such_mailbox", permanent=True, affects=Affects.ADDRESS)
MAILBOX_OFF = Meaning("mailbox_disabled", permanent=True, affects=Affects.ADDRESS)
FULL = Meaning("mailbox_full", permanent=False, affects=Affects.LATER, max_retries=3)
TRY_LATER = Meaning("provider_down", permanent=False, affects=Affects.LATER)
REFUSED = Meaning("content_refused", permanent=True, affects=Affects.TEMPLATE)
SENDER_REFUSED = Meaning("sender_refused", permanent=True, affects=Affects.OPERATOR)
CREDENTIALS = Meaning("credentials", permanent=True, affects=Affects.OPERATOR)
NOT_CONFIGURED = Meaning("not_configured", permanent=True, affects=Affects.OPERATOR)
INVALID_REQUEST = Meaning("invalid_request", permanent=True, affects=Affects.OPERATOR)

MEANING_OF_ENHANCED: Mapping[str, Meaning] = {
    "5.1.0": NO_MAILBOX,
    "5.1.1": NO_MAILBOX,
    "5.1.2": NO_MAILBOX,
    "5.1.3": NO_MAILBOX,
    "5.1.6": NO_MAILBOX,
    "5.1.7": SENDER_REFUSED,
    "5.1.8": SENDER_REFUSED,
    "5.1.10": NO_MAILBOX,
    "5.2.0": MAILBOX_OFF,
    "5.2.1": MAILBOX_OFF,
    "5.2.2": FULL,
    "4.2.2": FULL,
    "5.4.1": NO_MAILBOX,
    "5.6.0": REFUSED,
    "5.7.1": REFUSED,
    "5.7.8": CREDENTIALS,
    "5.7.9": CREDENTIALS,
    "5.7.25": SENDER_REFUSED,
    "5.7.26": SENDER_REFUSED,
}

MEANING_OF_CODE: Mapping[int, Meaning] = {
    421: TRY_LATER,
    450: TRY_LATER,
    451: TRY_LATER,
    452: FULL,
    501: NO_MAILBOX,
    503: INVALID_REQUEST,
    530: CREDENTIALS,
    534: CREDENTIALS,
    535: CREDENTIALS,
    550: NO_MAILBOX,
    551: NO_MAILBOX,
    552: FULL,
    553: NO_MAILBOX,
    554: REFUSED,
    555: INVALID_REQUEST,
}

_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


def meaning_of(code: int, text: str) -> Meaning:
    enhanced = _ENHANCED.search(text)
    if enhanced and enhanced.group() in MEANING_OF_ENHANCED:
        return MEANING_OF_ENHANCED[enhanced.group()]
    if code in MEANING_OF_CODE:
        return MEANING_OF_CODE[code]
    return TRY_LATER if code < 500 else REFUSED
