"""Weeks and months of a creditor's own calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from payments.models import CommissionTerms

_DAY = timedelta(days=1)


def period_around(day: date, cadence: str) -> tuple[date, date]:
    """First and last day of the week or month the day lies in."""
    if cadence == CommissionTerms.Cadence.WEEKLY:
        first = day - day.weekday() * _DAY
        return first, first + 6 * _DAY
    next_month = (day.replace(day=1) + 31 * _DAY).replace(day=1)
    return day.replace(day=1), next_month - _DAY


def end_of(day: date, zone: str) -> datetime:
    """The first moment after the day, in UTC."""
    return datetime.combine(day + _DAY, time(), ZoneInfo(zone)).astimezone(UTC)


def day_of(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()
