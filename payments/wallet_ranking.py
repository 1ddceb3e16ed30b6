"""Which wallet is offered first. A table of rules, the strongest first; what cannot pay here is never ranked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wallets.models import PaymentMethod, Provider
from wallets.providers.base import Capability, Channel, Descriptor

# Behind every wallet that has a place of its own.
UNPLACED = 1000
# What a wallet needs so that somebody in front of this screen can pay with it, the handiest first. A code cannot be
# scanned by the phone that shows it; an address asks for more care than a page or a prompt.
WAYS: dict[Channel, tuple[frozenset[Capability], ...]] = {
    Channel.PHONE: (
        frozenset({Capability.REDIRECT, Capability.PUSH_PROMPT}),
        frozenset({Capability.DEPOSIT_ADDRESS}),
    ),
    Channel.DESKTOP: (
        frozenset({Capability.REDIRECT, Capability.PUSH_PROMPT, Capability.QR}),
        frozenset({Capability.DEPOSIT_ADDRESS}),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Onlooker:
    """Who looks, and from where. `app`: the key of the wallet whose own browser shows the page, or "".

    `used`: ids of the providers they paid with, the newest first.
    """

    country: str
    channel: Channel = Channel.PHONE
    app: str = ""
    used: Sequence[int] = ()


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A wallet to be placed. `whole`: it can take exactly what is asked for, not only a part of it."""

    provider: Provider
    descriptor: Descriptor
    method: PaymentMethod | None = None
    ailing: bool = False
    whole: bool = True


Rule = Callable[[Onlooker, Entrant], int]


def handiness(descriptor: Descriptor, channel: Channel) -> int | None:
    """The place of its best way to pay on this screen, or None where it has none."""
    ways = enumerate(WAYS.get(channel, ()))
    return next((place for place, way in ways if way & descriptor.capabilities), None)


def _recency(who: Onlooker, one: Entrant) -> int:
    return who.used.index(one.provider.pk) if one.provider.pk in who.used else UNPLACED


def _nearness(who: Onlooker, one: Entrant) -> int:
    """At home here (the fewer other countries, the more at home), then worldwide, then at home elsewhere."""
    regions = one.provider.regions
    if who.country in regions:
        return len(regions)
    return UNPLACED + bool(regions)


RULES: tuple[tuple[str, Rule], ...] = (
    ("takes all of what is asked", lambda who, one: not one.whole),
    ("is the person's own, in their order", lambda who, one: one.method.position if one.method else UNPLACED),
    ("answers", lambda who, one: one.ailing),
    ("is the wallet whose browser this is", lambda who, one: one.provider.key != who.app),
    ("was used last", _recency),
    ("is at home in their country", _nearness),
    ("is handy on this device", lambda who, one: handiness(one.descriptor, who.channel) or 0),
)


def rank(who: Onlooker, one: Entrant) -> tuple[int, ...]:
    """Smaller comes first; equals stay in the register's order."""
    return tuple(int(rule(who, one)) for _words, rule in RULES)
