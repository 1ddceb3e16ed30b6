"""Which channels exist and how each is built from settings."""

from collections.abc import Callable, Mapping
from functools import cache

from reminders.channels.base import Channel
from reminders.channels.config import push_config, twilio_config, whatsapp_config
from reminders.channels.email_smtp import EmailChannel
from reminders.channels.errors import UnknownChannel
from reminders.channels.in_app import InAppChannel
from reminders.channels.letter import LetterChannel
from reminders.channels.push import WebPushChannel
from reminders.channels.sms_twilio import TwilioChannel
from reminders.channels.voice import VoiceChannel
from reminders.channels.whatsapp_twilio import WhatsAppChannel

BUILDERS: Mapping[str, Callable[[], Channel]] = {
    "sms": lambda: TwilioChannel(twilio_config()),
    "email": EmailChannel,
    "in_app": InAppChannel,
    "whatsapp": lambda: WhatsAppChannel(whatsapp_config()),
    "voice": VoiceChannel,
    "letter": LetterChannel,
    "push": lambda: WebPushChannel(push_config()),
}


@cache
def channel(key: str) -> Channel:
    """The channel by its key, built once per process. Tests that change settings call `channel.cache_clear()`."""
    if key not in BUILDERS:
        raise UnknownChannel(f"There is no channel called {key}.", known=sorted(BUILDERS))
    return BUILDERS[key]()
