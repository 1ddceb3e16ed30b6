"""Simple interest in exact fractions of a minor unit. Pure: no clock, no database.

Day counts: actual/365 (fixed) and actual/360 as in ISDA 2006 definitions 4.16(d) and (e); 30/360 in its European form,
4.16(g), in which every month has thirty days. All three are differences of positions on a line, so a span cut into
parts gives the same sum as the whole.

A night belongs to the day it begins on: money that arrives on a day stops the interest of the night after it. Interest
is never charged on interest (BGB 289; the common rule for simple interest).

Rounding happens in one place, `whole`: what has run up since the beginning is cut down to whole minor units, so the
debtor is never asked for more than has come due, and the error never grows beyond one unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

BASIS = {"actual_365": 365, "actual_360": 360, "thirty_360": 360}
BASIS_POINT = Fraction(1, 10_000)
# Whatever a rule says, nothing runs in these: the law that protects the person stands above the contract.
ALWAYS_STOPPED = frozenset({"breathing_space", "bankruptcy", "deceased", "pause"})


@dataclass(frozen=True)
class InterestSpan:
    """Terms in force from `start` to the day before `end`. `cap_share` is a share of the principal placed."""

    start: date
    end: date | None
    yearly: Fraction
    day_count: str = "actual_365"
    cap_share: Fraction | None = None
    runs_during: frozenset[str] = frozenset()

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


@dataclass(frozen=True)
class Stop:
    """From `start` to the day before `end` nothing runs; `kind` is a hold's kind, or "pause"."""

    start: date
    end: date | None
    kind: str = "pause"

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


@dataclass(frozen=True)
class Piece:
    """Nights from `start` to `end` under one rate: `share` of the principal is what they cost."""

    start: date
    end: date
    span: InterestSpan

    @property
    def share(self) -> Fraction:
        return self.span.yearly * year_fraction(self.start, self.end, self.span.day_count)


def lawful_rate(basis_points: int, cap_basis_points: int | None) -> Fraction:
    """The agreed yearly rate, or the highest lawful one where that is lower."""
    return BASIS_POINT * min(basis_points, basis_points if cap_basis_points is None else cap_basis_points)


def whole(exact: Fraction) -> int:
    """The one place where interest is rounded: down."""
    return exact.numerator // exact.denominator


def year_fraction(start: date, end: date, day_count: str) -> Fraction:
    return Fraction(_position(end, day_count) - _position(start, day_count), BASIS[day_count])


def _position(day: date, day_count: str) -> int:
    if day_count == "thirty_360":
        return day.year * 360 + day.month * 30 + min(day.day, 30)
    return day.toordinal()


def is_stopped(day: date, stops: Iterable[Stop], runs_during: frozenset[str] = frozenset()) -> bool:
    return any(stop.covers(day) and (stop.kind in ALWAYS_STOPPED or stop.kind not in runs_during) for stop in stops)


def pieces(start: date, end: date, spans: Sequence[InterestSpan], stops: Sequence[Stop]) -> Iterator[Piece]:
    """The nights between two days that cost something, cut wherever the rate changes or a stop begins or ends."""
    known = [*((row.start, row.end) for row in spans), *((row.start, row.end) for row in stops)]
    edges = {edge for pair in known for edge in pair if edge and start < edge < end}
    cuts = [start, *sorted(edges), end]
    for first, last in pairwise(cuts):
        span = next((row for row in spans if row.covers(first)), None)
        if span and first < last and not is_stopped(first, stops, span.runs_during):
            yield Piece(first, last, span)
