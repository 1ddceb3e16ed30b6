"""What an e-mail provider reports through anymail's tracking signal, in the receipts' words."""

from collections.abc import Mapping
from typing import Any

from reminders.channels.base import Affects, DeliveryState, Meaning, ReceiptEvent
from reminders.channels.smtp_codes import NO_MAILBOX, REFUSED

STATE_OF_EVENT: Mapping[str, DeliveryState] = {
    "queued": DeliveryState.QUEUED,
    "deferred": DeliveryState.QUEUED,
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "rejected": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "bounced": DeliveryState.BOUNCED,
    "clicked": DeliveryState.CLICKED,
    "complained": DeliveryState.COMPLAINED,
    "unsubscribed": DeliveryState.OPTED_OUT,
}

OPTED_OUT = Meaning("opted_out", permanent=True, affects=Affects.OPT_OUT)
MEANING_OF_EVENT: Mapping[str, Meaning] = {
    "rejected": Meaning("rejected", permanent=True, affects=Affects.ADDRESS),
    "failed": Meaning("undelivered", permanent=False, affects=Affects.LATER, max_retries=1),
    "bounced": NO_MAILBOX,
    "complained": Meaning("complaint", permanent=True, affects=Affects.OPT_OUT),
    "unsubscribed": OPTED_OUT,
}
# A mail may come back although the mailbox is there: then the address must not be given up.
MEANING_OF_REASON: Mapping[str, Meaning] = {
    "timed_out": Meaning("undelivered", permanent=False, affects=Affects.LATER, max_retries=1),
    "blocked": REFUSED,
    "spam": REFUSED,
    "unsubscribed": OPTED_OUT,
}


def receipt_of(event: Any) -> ReceiptEvent | None:
    """`event` is an anymail AnymailTrackingEvent; kinds we draw no conclusion from (opened) give None."""
    kind = event.event_type
    if kind not in STATE_OF_EVENT:
        return None
    meaning = _meaning_of(kind, getattr(event, "reject_reason", None) or "")
    return ReceiptEvent(
        dedupe_key=event.event_id or f"{event.message_id}:{kind}",
        provider_ref=event.message_id or "",
        state=STATE_OF_EVENT[kind],
        message_id=(event.metadata or {}).get("message", ""),
        reason=meaning.reason if meaning else "",
        permanent=bool(meaning and meaning.permanent),
        affects=meaning.affects if meaning else None,
        max_retries=meaning.max_retries if meaning else None,
    )


def _meaning_of(kind: str, reason: str) -> Meaning | None:
    if kind in ("bounced", "rejected"):
        return MEANING_OF_REASON.get(reason, MEANING_OF_EVENT[kind])
    return MEANING_OF_EVENT.get(kind)
