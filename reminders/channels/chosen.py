"""Channels nobody is written to on unless they chose it themselves, whatever the law of the place would allow."""

from collections.abc import Iterable

from accounts.models import Consent, Debtor
from compliance.gate import EVERY_CHANNEL

OPT_IN_ONLY = frozenset({"whatsapp", "push"})


def chose(debtor: Debtor, channel: str) -> bool:
    return chosen_in(Consent.objects.filter(debtor=debtor).order_by("-recorded_at", "-id"), channel)


def chosen_in(said: Iterable[Consent], channel: str) -> bool:
    """Whether the person's own newest word about this channel, or about every channel, is a yes to it."""
    own = next((row for row in said if row.channel in (channel, EVERY_CHANNEL) and row.by_person), None)
    return own is not None and own.granted and own.channel == channel
