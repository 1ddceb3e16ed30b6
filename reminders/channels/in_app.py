"""In-app messages: the stored row is the delivery, because the debtor's portal shows it."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from reminders.channels.base import DeliveryState, HttpIn, InboundText, OutboundMessage, ReceiptEvent, SendResult
from reminders.channels.errors import InvalidCallback


class InAppChannel:
    key = "in_app"

    def send(self, message: OutboundMessage) -> SendResult:
        return SendResult.accepted(message.message_id, DeliveryState.DELIVERED)

    def send_all(self, messages: Iterable[OutboundMessage]) -> Iterator[tuple[OutboundMessage, SendResult]]:
        return ((message, self.send(message)) for message in messages)

    def look_up(self, message: OutboundMessage, *, sent_after: datetime) -> SendResult | None:
        return self.send(message)

    def parse_callback(self, request: HttpIn) -> list[ReceiptEvent]:
        raise InvalidCallback("In-app messages have no provider that could call.")

    def parse_inbound(self, request: HttpIn) -> list[InboundText]:
        raise InvalidCallback("In-app messages have no provider that could call.")
