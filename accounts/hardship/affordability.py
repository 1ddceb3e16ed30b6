"""What a household can spare a month: whole minor units, every step shown, every rounding in the person's favour.

Income is rounded down and costs are rounded up to the minor unit. The reserve and the share are rules of the house: no
table of a country is in force here, so none is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.hardship.household import COSTS, INCOMES, PER_YEAR, Amount, Household, Period

MONTHS = 12
# House rules. Of the income, for what nobody can plan: for one person, for each further one, and at most.
RESERVE_FIRST, RESERVE_MORE, RESERVE_MOST = 1000, 250, 2500
WHOLE = 10_000  # basis points
# Of what is left then, one half: a plan that takes all of it breaks in the first bad week.
SHARE_PERCENT = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One number as it was given, and by the month."""

    name: str
    given: Amount
    monthly: int


@dataclass(frozen=True, slots=True)
class Affordable:
    """By the month, in minor units. `left` may be negative. `proposal` is 0 when nothing can be asked."""

    incomes: tuple[Line, ...]
    costs: tuple[Line, ...]
    income: int
    spent: int
    left: int
    reserve_basis_points: int
    reserve: int
    spare: int
    half: int
    proposal: int


def by_month(amount: Amount, *, up: bool) -> int:
    """52 weeks or 26 fortnights a year, shared over 12 months; whole minor units."""
    yearly = amount.minor * PER_YEAR[Period(amount.period)]
    return -(-yearly // MONTHS) if up else yearly // MONTHS


def reserve_share(people: int) -> int:
    return min(RESERVE_FIRST + RESERVE_MORE * max(people - 1, 0), RESERVE_MOST)


def work_out(household: Household, *, owed: int, least: int = 0) -> Affordable:
    """`owed` is never exceeded. `least`: an instalment below it is not worth asking for, so nothing is."""
    incomes, costs = _lines(household, INCOMES, up=False), _lines(household, COSTS, up=True)
    income, spent = sum(line.monthly for line in incomes), sum(line.monthly for line in costs)
    left = income - spent
    points = reserve_share(household.people)
    reserve = -(-income * points // WHOLE)
    spare = max(left - reserve, 0)
    half = spare * SHARE_PERCENT // 100
    proposal = min(half, max(owed, 0))
    if proposal < min(least, owed):
        proposal = 0
    return Affordable(incomes, costs, income, spent, left, points, reserve, spare, half, proposal)


def _lines(household: Household, names: Iterable[str], *, up: bool) -> tuple[Line, ...]:
    wanted = [name for name in names if name in household.rows]
    return tuple(Line(name, household.rows[name], by_month(household.rows[name], up=up)) for name in wanted)
