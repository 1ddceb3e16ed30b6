"""The learned moment: how a weekday, a day of the month and an hour fared against the rest. Pure and exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

WEEKDAY, MONTH_DAY, HOUR = "weekday", "month_day", "hour"
# The cluster of tries that come after no failure at all.
FIRST = "first"
SLOTS = {WEEKDAY: range(7), MONTH_DAY: range(1, 32), HOUR: range(24)}
# Less than this teaches nothing: the cluster says nothing, the slot counts like any other.
ENOUGH = 200
ENOUGH_IN_A_SLOT = 20
# So much better than the cluster's own rate has a day to be before it is preferred.
BETTER = Fraction(6, 5)
HOPELESS = Fraction(1, 10)


@dataclass(frozen=True, kw_only=True)
class Counters:
    """(kind, slot) -> (tries, successes) of one cluster."""

    slots: Mapping[tuple[str, int], tuple[int, int]] = field(default_factory=dict)

    @property
    def tries(self) -> int:
        return sum(self.slots.get((WEEKDAY, slot), (0, 0))[0] for slot in SLOTS[WEEKDAY])

    @property
    def successes(self) -> int:
        return sum(self.slots.get((WEEKDAY, slot), (0, 0))[1] for slot in SLOTS[WEEKDAY])

    @property
    def rate(self) -> Fraction:
        return laplace(self.tries, self.successes)

    @property
    def speaks(self) -> bool:
        return self.tries >= ENOUGH

    def against_the_rest(self, kind: str, slot: int) -> Fraction:
        """How many times the cluster's own rate this slot has; exactly 1 while it was hardly tried."""
        tries, successes = self.slots.get((kind, slot), (0, 0))
        return laplace(tries, successes) / self.rate if tries >= ENOUGH_IN_A_SLOT else Fraction(1)

    def of_day(self, day: date) -> Fraction:
        return self.against_the_rest(WEEKDAY, day.weekday()) * self.against_the_rest(MONTH_DAY, day.day)

    def chance(self, day: date) -> Fraction:
        """The share of tries on such a day that succeed."""
        return min(Fraction(1), self.rate * self.of_day(day))

    def best_day(self, days: Iterable[date]) -> date | None:
        """The best of these, the earliest of equals; None when it is not clearly better than any day."""
        if not self.speaks:
            return None
        best = max(days, key=lambda day: (self.of_day(day), -day.toordinal()), default=None)
        return best if best and self.of_day(best) >= BETTER else None

    def best_hour(self, hours: Iterable[int]) -> int | None:
        if not self.speaks:
            return None
        best = max(hours, key=lambda hour: (self.against_the_rest(HOUR, hour), -hour), default=None)
        return best if best is not None and self.against_the_rest(HOUR, best) >= BETTER else None

    def is_hopeless(self, day: date) -> bool:
        return self.speaks and self.chance(day) <= HOPELESS


def laplace(tries: int, successes: int) -> Fraction:
    return Fraction(successes + 1, tries + 2)


def digits_of(minor: int, decimals: int) -> int:
    """The size of an amount: how many digits it has before the decimal point, at least one."""
    return len(str(max(minor, 0) // 10**decimals))
