"""Who messages leave from, by channel, and what a provider takes from such a sender before it knows us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Tier:
    words: str | Promise
    per_minute: int
    per_day: int | None = None


# The narrowest tier of each provider, until an administrator says that this sender has another. Twilio lets an American
# long code send one segment a second; Meta lets a business it has not verified begin conversations with 250 people a
# day and send 80 messages a second; ten a second is what common mail services allow a new customer.
FIRST_TIERS: Mapping[str, Tier] = {
    "sms": Tier(_("One number, one a second"), 60),
    "whatsapp": Tier(_("Business not verified yet"), 4_800, 250),
    "email": Tier(_("New customer of a mail service"), 600),
}
SANDBOX_TIER = Tier(_("Simulated provider"), 60_000)


def current_senders() -> dict[str, str]:
    """Channels whose provider counts what one sender sends."""
    named = {
        "sms": getattr(settings, "TWILIO_MESSAGING_SERVICE_SID", "") or settings.TWILIO_FROM,
        "whatsapp": settings.TWILIO_WHATSAPP_FROM,
        "email": settings.DEFAULT_FROM_EMAIL,
    }
    return {channel: sender for channel, sender in named.items() if sender}


def first_tier(channel: str) -> Tier:
    return SANDBOX_TIER if settings.SANDBOX else FIRST_TIERS[channel]
