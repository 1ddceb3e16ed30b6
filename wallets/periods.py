"""The periods of a mandate: so many days or calendar months each, counted from its first debit. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from wallets.providers.base import MandateTerms, PeriodUnit


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_day(within: date, day: int) -> date:
    """That day of the month `within` lies in, or its last day."""
    return within.replace(day=min(day, monthrange(within.year, within.month)[1]))


def nth_period(terms: MandateTerms, number: int) -> date:
    """The first day of period `number` (0 is the one that begins with the first debit)."""
    if terms.period_unit is PeriodUnit.MONTH:
        return add_months(terms.first_charge_on, number * terms.period)
    return terms.first_charge_on + timedelta(days=number * terms.period)


def period_of(terms: MandateTerms, day: date) -> int:
    """The number of the period a day falls in; days before the first debit count to period 0."""
    return max(number for number in _nearby(terms, day) if number == 0 or nth_period(terms, number) <= day)


def _nearby(terms: MandateTerms, day: date) -> Iterator[int]:
    passed = (day - terms.first_charge_on).days
    longest = 31 if terms.period_unit is PeriodUnit.MONTH else 1
    shortest = 28 if terms.period_unit is PeriodUnit.MONTH else 1
    yield 0
    yield from range(max(passed // (longest * terms.period), 0), max(passed // (shortest * terms.period), 0) + 2)


def same_period(terms: MandateTerms, one: date, other: date) -> bool:
    return period_of(terms, one) == period_of(terms, other)


def next_period(terms: MandateTerms, day: date) -> date:
    """The first day of the period after the one that `day` falls in."""
    return nth_period(terms, period_of(terms, day) + 1)
