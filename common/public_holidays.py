"""Public holidays of countries: their days and what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

import holidays
from django.utils.translation import get_language


def national_holidays(country: str, first: date, *, days: int) -> frozenset[date]:
    """The country's public holidays in `days` days from `first`; empty for a country nobody has listed."""
    return frozenset(named_holidays(country, first, days=days))


def named_holidays(country: str, first: date, *, days: int) -> dict[date, str]:
    """The same with their names: in the reader's language where it has them, else in English, else in the country's."""
    last = first + timedelta(days=days)
    chinese = (get_language() or "").startswith("zh")
    listed = _holidays_of(country.upper(), tuple(range(first.year, last.year + 1)), chinese)
    return {day: name for day, name in sorted(listed.items()) if first <= day <= last}


@cache
def listed_countries() -> tuple[str, ...]:
    return tuple(sorted(code for code in holidays.list_supported_countries() if len(code) == 2))


@cache
def _holidays_of(country: str, years: tuple[int, ...], chinese: bool) -> Mapping[date, str]:
    try:
        found = holidays.country_holidays(country, years=list(years), language="en_US")
        if chinese and "zh_CN" in found.supported_languages:
            found = holidays.country_holidays(country, years=list(years), language="zh_CN")
    except NotImplementedError:
        return {}
    return dict(found)
