"""Days where the debtor lives: a promise is due on their day, whatever day it is where this runs."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import DateField, F, Func, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from accounts.models import Account, OfficeHours
from accounts.office_hours import hours_of
from common.clock import now

NOBODY_KNOWS = "UTC"


def zone_of(account: Account) -> ZoneInfo:
    """The debtor's, else that of the office which works for the creditor."""
    if known := account.debtor.time_zone:
        return ZoneInfo(known)
    office = hours_of(account.creditor)
    return ZoneInfo(office.time_zone if office else NOBODY_KNOWS)


def local_day(account: Account, moment: datetime) -> date:
    return moment.astimezone(zone_of(account)).date()


def midnight_after(account: Account, day: date) -> datetime:
    """When `day` is over where the debtor lives."""
    return datetime.combine(day + timedelta(days=1), time.min, zone_of(account))


def day_there(moment: datetime | F, *, account: str = "account") -> Cast:
    """As `local_day`, asked of many rows at once. `account`: the way from a row to its account."""
    offices = OfficeHours.objects.order_by()
    zone = Coalesce(
        NullIf(F(f"{account}__debtor__time_zone"), Value("")),
        Subquery(offices.filter(creditor=OuterRef(f"{account}__creditor")).values("time_zone")[:1]),
        Subquery(offices.filter(creditor=None).values("time_zone")[:1]),
        Value(NOBODY_KNOWS),
    )
    at = Value(moment) if isinstance(moment, datetime) else moment
    return Cast(Func(zone, at, function="timezone"), DateField())


def today_there(*, account: str = "account") -> Cast:
    return day_there(now(), account=account)
