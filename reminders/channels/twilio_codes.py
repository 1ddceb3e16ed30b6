"""Twilio's words in ours. Sources: Twilio's error and status pages; a code not listed here is treated as unknown."""

from collections.abc import Mapping

from reminders.channels.base import Affects, DeliveryState, Keyword, Meaning

INVALID_NUMBER = Meaning("invalid_number", permanent=True, affects=Affects.ADDRESS)
UNREACHABLE_ROUTE = Meaning("unreachable_by_sms", permanent=True, affects=Affects.ADDRESS)
# This number has no WhatsApp: it may still take text messages and calls.
INVALID_ADDRESS = Meaning("not_on_whatsapp", permanent=True, affects=Affects.OPERATOR)
NOT_PERMITTED = Meaning("region_not_permitted", permanent=True, affects=Affects.OPERATOR)
CREDENTIALS = Meaning("credentials", permanent=True, affects=Affects.OPERATOR)
INVALID_REQUEST = Meaning("invalid_request", permanent=True, affects=Affects.OPERATOR)
UNREGISTERED = Meaning("sender_not_registered", permanent=True, affects=Affects.OPERATOR)
USE_POLICY = Meaning("use_policy", permanent=True, affects=Affects.OPERATOR)
CONTENT = Meaning("content_refused", permanent=True, affects=Affects.TEMPLATE)
BUSY = Meaning("rate_limited", permanent=False, affects=Affects.LATER)
NOT_SENT = Meaning("provider_down", permanent=False, affects=Affects.LATER)
CANCELLED = Meaning("cancelled", permanent=True, affects=Affects.LATER, max_retries=0)
UNMAPPED = Meaning("unmapped", permanent=False, affects=Affects.LATER, max_retries=0)

MEANING_OF_CODE: Mapping[str, Meaning] = {
    "20003": CREDENTIALS,
    "20404": INVALID_REQUEST,
    "20429": BUSY,
    "21211": INVALID_NUMBER,
    "21212": INVALID_REQUEST,
    "21408": NOT_PERMITTED,
    "21601": UNREACHABLE_ROUTE,
    "21602": CONTENT,
    "21603": INVALID_REQUEST,
    "21604": INVALID_REQUEST,
    "21606": INVALID_REQUEST,
    "21610": Meaning("opted_out", permanent=True, affects=Affects.OPT_OUT),
    "21611": BUSY,
    "21612": UNREACHABLE_ROUTE,
    "21614": INVALID_NUMBER,
    "21617": CONTENT,
    "30001": BUSY,
    "30002": Meaning("account_suspended", permanent=True, affects=Affects.OPERATOR),
    "30003": Meaning("unreachable_handset", permanent=False, affects=Affects.LATER, max_retries=2),
    # A carrier block is often the person's own: never insist, let someone look.
    "30004": Meaning("blocked_by_recipient", permanent=True, affects=Affects.OPT_OUT),
    "30005": INVALID_NUMBER,
    "30006": UNREACHABLE_ROUTE,
    "30007": Meaning("filtered", permanent=True, affects=Affects.TEMPLATE),
    "30008": Meaning("undelivered", permanent=False, affects=Affects.LATER, max_retries=1),
    "30034": UNREGISTERED,
    "30410": Meaning("provider_timeout", permanent=False, affects=Affects.LATER),
    "30450": Meaning("fraud_protection", permanent=True, affects=Affects.OPERATOR),
    "30460": USE_POLICY,
    "30863": USE_POLICY,
    "60410": NOT_PERMITTED,
    # WhatsApp
    "21910": INVALID_REQUEST,
    "63003": INVALID_ADDRESS,
    "63007": INVALID_REQUEST,
    "63016": Meaning("outside_conversation", permanent=True, affects=Affects.TEMPLATE),
    "63018": BUSY,
    "63024": INVALID_ADDRESS,
    "63032": Meaning("blocked_by_provider", permanent=True, affects=Affects.OPERATOR),
    "63033": Meaning("blocked_by_recipient", permanent=True, affects=Affects.OPT_OUT),
}

STATE_OF_STATUS: Mapping[str, DeliveryState] = {
    "accepted": DeliveryState.QUEUED,
    "scheduled": DeliveryState.QUEUED,
    "queued": DeliveryState.QUEUED,
    "sending": DeliveryState.QUEUED,
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}

KEYWORD_OF_OPT_OUT_TYPE: Mapping[str, Keyword] = {
    "STOP": Keyword.STOP,
    "START": Keyword.START,
    "HELP": Keyword.HELP,
}


def meaning_of(code: str) -> Meaning:
    return MEANING_OF_CODE.get(code, UNMAPPED)
