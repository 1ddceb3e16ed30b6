"""WhatsApp through Twilio's same API: other addresses, a sender of its own, and only for people who chose it."""

from dataclasses import replace
from typing import Any

from reminders.channels.base import HttpIn, InboundText, OutboundMessage
from reminders.channels.config import TwilioConfig
from reminders.channels.sms_twilio import TwilioChannel

PREFIX = "whatsapp:"


def is_whatsapp(address: str) -> bool:
    return address.startswith(PREFIX)


class WhatsAppChannel(TwilioChannel):
    key = "whatsapp"

    def __init__(self, config: TwilioConfig) -> None:
        # A messaging service may route by SMS what WhatsApp refuses: nobody asked for that.
        super().__init__(replace(config, from_=_prefixed(config.from_), messaging_service_sid=""))

    def sending(self, message: OutboundMessage) -> Any:
        return super().sending(replace(message, to=_prefixed(message.to), from_=""))

    def looking_up(self, message: OutboundMessage, **since: Any) -> Any:
        return super().looking_up(replace(message, to=_prefixed(message.to)), **since)

    def parse_inbound(self, request: HttpIn) -> list[InboundText]:
        """The number without its prefix. WhatsApp has no stop list of its own, so we confirm a refusal ourselves."""
        texts = super().parse_inbound(request)
        return [replace(text, from_=text.from_.removeprefix(PREFIX), to=text.to.removeprefix(PREFIX)) for text in texts]


def _prefixed(number: str) -> str:
    return number if is_whatsapp(number) else PREFIX + number
