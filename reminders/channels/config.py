"""Twilio's address and credentials from settings; in sandbox mode settings point them at the local simulator."""

from dataclasses import dataclass, field

from django.conf import settings

from reminders.channels.errors import ChannelNotConfigured


@dataclass(frozen=True, slots=True)
class TwilioConfig:
    account_sid: str
    auth_token: str = field(repr=False)
    base_url: str
    from_: str = ""
    messaging_service_sid: str = ""
    at_once: int = 32


def twilio_config() -> TwilioConfig:
    if not settings.TWILIO_ACCOUNT_SID or not settings.TWILIO_AUTH_TOKEN:
        raise ChannelNotConfigured("SMS is not set up. Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM.")
    return TwilioConfig(
        account_sid=settings.TWILIO_ACCOUNT_SID,
        auth_token=settings.TWILIO_AUTH_TOKEN,
        base_url=settings.TWILIO_BASE_URL.rstrip("/"),
        from_=settings.TWILIO_FROM,
        messaging_service_sid=getattr(settings, "TWILIO_MESSAGING_SERVICE_SID", ""),
    )
