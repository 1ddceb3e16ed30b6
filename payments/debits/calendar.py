"""When an instalment is announced and when it may be debited, in the debtor's own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from accounts.models import Debtor

NOTICE_DAYS_BEFORE = 3
DEBIT_FROM = time(8)
# A date somewhere on earth begins this long before it begins in UTC.
EARLIEST_ZONE = timedelta(hours=14)


def shortest_notice() -> timedelta:
    """The least time between the notice and the debit (setting DEBIT_NOTICE_HOURS)."""
    return timedelta(hours=getattr(settings, "DEBIT_NOTICE_HOURS", 24))


def zone_of(debtor: Debtor) -> ZoneInfo:
    try:
        return ZoneInfo(debtor.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def notice_from(due_on: date, zone: ZoneInfo) -> datetime:
    return morning_of(due_on - timedelta(days=NOTICE_DAYS_BEFORE), zone)


def morning_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, DEBIT_FROM, tzinfo=zone).astimezone(UTC)


def debit_from(due_on: date, zone: ZoneInfo, noticed_at: datetime) -> datetime:
    """The morning of the due day, but never before the notice has had its time."""
    return max(morning_of(due_on, zone), noticed_at + shortest_notice())


def possibly_due_for_notice(moment: datetime) -> date:
    """The latest due date whose notice time may have come anywhere: a filter wide enough for every zone."""
    return (moment + EARLIEST_ZONE).date() + timedelta(days=NOTICE_DAYS_BEFORE)
