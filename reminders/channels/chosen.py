"""Channels nobody is written to on unless they chose it themselves, whatever the law of the place would allow."""

from accounts.models import Consent, Debtor
from compliance.gate import EVERY_CHANNEL

OPT_IN_ONLY = frozenset({"whatsapp", "push"})


def chose(debtor: Debtor, channel: str) -> bool:
    """Whether the person's own newest word about this channel, or about every channel, is a yes to it."""
    said = Consent.objects.filter(debtor=debtor, channel__in=[channel, EVERY_CHANNEL]).order_by("-recorded_at", "-id")
    own = next((row for row in said if row.by_person), None)
    return own is not None and own.granted and own.channel == channel
