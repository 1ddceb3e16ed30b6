"""Which part of a debt a payment is set against first. Pure.

A debt has twelve buckets: {past due, due, in advance} x {costs, fees, interest, principal}. An order names all of them.
The default is costs, fees, interest, principal, whenever they are due: BGB 367(1); Civil Code of China, art. 561.
BGB 497(3) puts the principal of a consumer loan before its interest. The debtor's own word goes first where the order
follows it (BGB 366(1); the debtor's right to appropriate at common law).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from common.errors import InvalidInput
from payments.models.accrual import TIMINGS

COMPONENT_ORDER = ("costs", "fees", "interest", "principal")
Bucket = tuple[str, str]


@dataclass(frozen=True)
class Order:
    """`buckets` are (timing, component), the first paid first."""

    buckets: tuple[Bucket, ...]
    follows_debtor: bool = False
    start: date = date.min
    end: date | None = None

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


def by_component(*components: str) -> tuple[Bucket, ...]:
    """A component entirely, past due first, before the next component."""
    return tuple((timing, name) for name in components for timing in TIMINGS)


def by_timing(*components: str) -> tuple[Bucket, ...]:
    """All that is past due in this order of components, then all that is due, then what is not yet."""
    return tuple((timing, name) for timing in TIMINGS for name in components)


DEFAULT_ORDER = Order(by_component(*COMPONENT_ORDER))


def texts_of(buckets: Iterable[Bucket]) -> list[str]:
    return [f"{timing}:{name}" for timing, name in buckets]


def parse_buckets(texts: Sequence[str]) -> tuple[Bucket, ...]:
    """Raises `InvalidInput` unless every bucket is named exactly once."""
    found = tuple((timing, name) for timing, _colon, name in (text.partition(":") for text in texts))
    if sorted(found) != sorted(by_component(*COMPONENT_ORDER)):
        raise InvalidInput("An order names each of the twelve buckets once.", field="buckets")
    return found


def claims_of(components: Mapping[str, int], *, past_due: int, due: int) -> dict[Bucket, int]:
    """Cut what is owed by component into timings; the parts that are due first are costs, fees, interest, principal."""
    claims: dict[Bucket, int] = {}
    left = {"past_due": past_due, "due": due, "in_advance": sum(components.values())}
    for name in COMPONENT_ORDER:
        owed = components.get(name, 0)
        for timing in TIMINGS:
            share = max(0, min(owed, left[timing]))
            claims[timing, name] = share
            owed -= share
            left[timing] -= share
    return claims


def set_against(
    minor: int, claims: Mapping[Bucket, int], order: Order, instruction: str = ""
) -> tuple[dict[str, int], int]:
    """Shares of `minor` by component, and what is left over because nothing more is owed."""
    buckets: Sequence[Bucket] = order.buckets
    if instruction and order.follows_debtor:
        buckets = sorted(buckets, key=lambda bucket: bucket[1] != instruction)
    shares: dict[str, int] = {}
    for bucket in buckets:
        share = min(minor, claims.get(bucket, 0))
        if share > 0:
            shares[bucket[1]] = shares.get(bucket[1], 0) + share
            minor -= share
    return shares, minor
