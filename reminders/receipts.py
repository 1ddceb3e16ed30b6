"""What providers say later about a message they took: kept once, applied only forwards."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from common.clock import now
from compliance.services import lock_debtor
from reminders.channels.base import Affects, DeliveryState, ReceiptEvent, SendResult, supersedes
from reminders.dispatch.outcome import end, fall_back
from reminders.dispatch.settle import accept, give_back, mark_contact_point
from reminders.models import MESSAGE_STATES, Message, Receipt
from reminders.opt_out import withdraw_consent

STATE_OF_RECEIPT: Mapping[DeliveryState, str] = {
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.CLICKED: "delivered",
    DeliveryState.FAILED: "failed",
    DeliveryState.BOUNCED: "bounced",
}


@transaction.atomic
def record_receipt(event: ReceiptEvent) -> str:
    """Keep and apply one receipt: "applied", "repeated", "late", or "unknown" when no message of ours fits."""
    message = _message_of(event)
    if message is None:
        return "unknown"
    lock_debtor(message.debtor_id)
    message = Message.objects.select_for_update(of=("self",)).select_related("account", "debtor").get(pk=message.pk)
    known = [DeliveryState(status) for status in message.receipts.values_list("status", flat=True)]
    _, fresh = Receipt.objects.get_or_create(
        dedupe_key=event.dedupe_key[:120],
        defaults={"message": message, "status": event.state.value, "code": event.code[:16], "received_at": now()},
    )
    if not fresh:
        return "repeated"
    if known and not all(supersedes(event.state, earlier) for earlier in known):
        return "late"
    _apply(message, event)
    return "applied"


def _message_of(event: ReceiptEvent) -> Message | None:
    rows = Message.objects.only("pk", "debtor_id")
    by_reference = rows.filter(provider_reference=event.provider_ref).first() if event.provider_ref else None
    if by_reference is not None or not event.message_id.isdigit():
        return by_reference
    return rows.filter(pk=int(event.message_id), provider_reference__in=["", event.provider_ref]).first()


def _apply(message: Message, event: ReceiptEvent) -> None:
    if message.state == "sending":
        accept(
            [(message, SendResult.accepted(event.provider_ref, DeliveryState.SENT))]
        )  # it came before the answer did
    if event.affects is Affects.OPT_OUT or event.state in (DeliveryState.OPTED_OUT, DeliveryState.COMPLAINED):
        withdraw_consent(message.debtor, channel=message.channel, source="provider", evidence={"code": event.code})
    if event.affects is Affects.ADDRESS:
        mark_contact_point(message.contact_point_id, "invalid" if event.permanent else "failing")
    state = STATE_OF_RECEIPT.get(event.state)
    if state is None or not MESSAGE_STATES.allows(message.state, state):
        return
    if state == "delivered":
        _arrived(message)
        return
    give_back(message)
    end(message, state, event.reason or event.state.value)
    fall_back(message)


def _arrived(message: Message) -> None:
    message.state = "delivered"
    message.save(update_fields=["state"])
    mark_contact_point(message.contact_point_id, "working")
