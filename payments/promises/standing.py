"""How a promise stands, from its parts and the money that came: no clock, no database, no money made or lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Part:
    day: date
    minor: int


@dataclass(frozen=True, slots=True)
class Paid:
    """`day`: on which it counts, in the debtor's zone."""

    day: date
    minor: int


@dataclass(frozen=True, slots=True)
class Terms:
    """`tolerance`: it is kept with this much less; `grace`: with this many days more."""

    tolerance: int = 0
    grace: int = 0

    def last_day(self, day: date) -> date:
        return day + timedelta(days=self.grace)


@dataclass(frozen=True, slots=True)
class Standing:
    """`paid` by part, in the order of days; `next_last_day`: on which more must have come, None when it is over."""

    state: str
    paid: tuple[int, ...]
    next_last_day: date | None = None

    @property
    def minor(self) -> int:
        return sum(self.paid)


def standing(parts: Sequence[Part], payments: Sequence[Paid], today: date, terms: Terms) -> Standing:
    """Each minor unit counts once: for the earliest part that is not full. `today` is the debtor's day.

    A part is missed when its last day is over and all that was promised by then, less the tolerance, has not come by
    then. One missed part breaks the promise; it is partly kept when something came. It is kept as soon as all has come.
    """
    ordered = sorted(parts, key=lambda part: part.day)
    end = terms.last_day(ordered[-1].day)
    came = [row for row in payments if row.day <= min(today, end)]
    paid = _shares([part.minor for part in ordered], sum(row.minor for row in came))
    wanted = accumulate(part.minor for part in ordered)
    waits: list[date] = []
    for part, minor in zip(ordered, wanted, strict=True):
        day = terms.last_day(part.day)
        if sum(row.minor for row in came if row.day <= day) >= minor - terms.tolerance:
            continue
        if day < today:
            return Standing("partly_kept" if sum(paid) else "broken", paid)
        waits.append(day)
    return Standing("open", paid, waits[0]) if waits else Standing("kept", paid)


def _shares(wanted: Sequence[int], minor: int) -> tuple[int, ...]:
    shares = []
    for one in wanted:
        shares.append(min(one, minor))
        minor -= shares[-1]
    return tuple(shares)
