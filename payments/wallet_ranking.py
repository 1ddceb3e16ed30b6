"""Which wallet is offered first: the person's own, then the one they stand in, then those of their country."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wallets.models import PaymentMethod, Provider

# Behind every wallet that has a place of its own.
UNPLACED = 1000


@dataclass(frozen=True, kw_only=True)
class Onlooker:
    """Who looks, and from where. `app`: the key of the wallet whose own browser shows the page, or "".

    `used`: ids of the providers they paid with, the newest first.
    """

    country: str
    app: str = ""
    used: Sequence[int] = ()


def rank(onlooker: Onlooker, provider: Provider, method: PaymentMethod | None, *, ailing: bool) -> tuple[int, ...]:
    """Smaller comes first; equals stay in the register's order."""
    return (
        method.position if method else UNPLACED,
        ailing,
        provider.key != onlooker.app,
        onlooker.used.index(provider.pk) if provider.pk in onlooker.used else UNPLACED,
        *_nearness(provider.regions, onlooker.country),
    )


def _nearness(regions: Sequence[str], country: str) -> tuple[int, int]:
    """At home here (the fewer other countries, the more at home), then worldwide, then at home elsewhere."""
    if country in regions:
        return 0, len(regions)
    return (2 if regions else 1), 0
