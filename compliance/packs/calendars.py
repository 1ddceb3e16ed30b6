"""Days that count: holidays, business days, and months and years that do not divide evenly."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import holidays
from django.utils.translation import gettext as _

from compliance.packs.errors import PackError, Place
from compliance.packs.vocabulary import DAYS

# The days that 5 USC 6103(a) names, on which they fall: the substitute days of 6103(b) are not among them.
STATUTORY = {"us-5usc6103": "US"}
WORKDAYS = frozenset(range(5))
_ONE = timedelta(days=1)


@lru_cache(maxsize=2_000)
def holidays_of(name: str, year: int) -> frozenset[date]:
    """Of `us-5usc6103`, a country (`ID`) or a country's part (`GB-SCT`). Empty: nobody has listed it."""
    statutory = STATUTORY.get(name.lower())
    country, _dash, part = (statutory or name.upper()).partition("-")
    try:
        return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year, observed=not statutory))
    except NotImplementedError:
        return frozenset()


@lru_cache(maxsize=500)
def is_listed(name: str) -> bool:
    return bool(holidays_of(name, 2026))


def check_calendar(name: str, place: Place) -> None:
    if not is_listed(name):
        raise PackError(
            "unknown_calendar",
            place=place,
            problem=_("Nobody has listed the holidays of “%(name)s”.") % {"name": name},
            todo=_("Name a country such as ID, a part such as GB-SCT, or us-5usc6103."),
        )


def is_holiday(day: date, name: str) -> bool:
    return day in holidays_of(name, day.year)


def workdays_of(calendars: Mapping[str, Any]) -> frozenset[int]:
    named = calendars.get("business_days")
    return frozenset(DAYS.index(word) for word in named) if named else WORKDAYS


def add_business_days(start: date, number: int, *, name: str = "", workdays: frozenset[int] = WORKDAYS) -> date:
    """The `number`th business day after `start`, which itself does not count."""
    day = start
    while number > 0:
        day += _ONE
        if day.weekday() in workdays and not (name and is_holiday(day, name)):
            number -= 1
    return day


def add_months(start: date, months: int, *, later: bool) -> date:
    """The same day so many months on. Where there is none: the first day after it, or the last one before it.

    Duties to keep round later; permissions round earlier.
    """
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    if start.day <= last:
        return date(year, month + 1, start.day)
    end = date(year, month + 1, last)
    return end + _ONE if later else end
