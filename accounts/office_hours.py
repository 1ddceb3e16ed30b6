"""Office hours: the creditor's own, else the common ones, else nothing is said about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Creditor, OfficeHours, User
from accounts.models.office import WEEKDAYS
from common.errors import InvalidInput
from common.public_holidays import listed_countries, named_holidays, national_holidays

A_YEAR = range(367)
MOST_DAYS = 200
NEAR = 120


def hours_of(creditor: Creditor) -> OfficeHours | None:
    rows = {row.creditor_id: row for row in OfficeHours.objects.filter(creditor__in=[creditor])}
    return rows.get(creditor.pk) or OfficeHours.objects.filter(creditor=None).first()


def next_opening(hours: OfficeHours, at: datetime) -> datetime | None:
    """When somebody is there again; None while somebody is there."""
    zone = ZoneInfo(hours.time_zone)
    local = at.astimezone(zone)
    closed = _closed(hours, local.date(), days=A_YEAR.stop)
    if _works(hours, local.date(), closed) and hours.opens <= local.time() < hours.closes:
        return None
    days = (local.date() + timedelta(days=ahead) for ahead in A_YEAR)
    openings = (datetime.combine(day, hours.opens, zone) for day in days if _works(hours, day, closed))
    return next((opening for opening in openings if opening > at), at + timedelta(days=A_YEAR.stop))


def _works(hours: OfficeHours, day: date, closed: Collection[date]) -> bool:
    return day in hours.open_on or (day.weekday() in hours.weekdays and day not in closed)


def _closed(hours: OfficeHours, first: date, *, days: int) -> frozenset[date]:
    listed = national_holidays(hours.holidays_of, first, days=days) if hours.holidays_of else frozenset()
    return listed.union(hours.closed_on)


def closed_days(hours: OfficeHours, first: date) -> list[tuple[date, str]]:
    """The next working days on which nobody is there, and why."""
    listed = named_holidays(hours.holidays_of, first, days=NEAR) if hours.holidays_of else {}
    own = {day: "" for day in hours.closed_on if first <= day <= first + timedelta(days=NEAR)}
    days = sorted((listed | {day: listed.get(day, "") for day in own}).items())
    return [(day, name) for day, name in days if day.weekday() in hours.weekdays and day not in hours.open_on]


def hours_words(hours: OfficeHours) -> str:
    """ "Monday, Tuesday 09:00-17:00 (Asia/Taipei)", for whoever reads it now."""
    names = dict(WEEKDAYS)
    days = sorted(hours.weekdays)
    run = days == list(range(days[0], days[-1] + 1)) and len(days) > 2
    said = f"{names[days[0]]} – {names[days[-1]]}" if run else ", ".join(str(names[day]) for day in days)
    words = f"{said}, {hours.opens:%H:%M}–{hours.closes:%H:%M} ({hours.time_zone})"
    return _("%(hours)s, not on public holidays") % {"hours": words} if hours.holidays_of else words


@transaction.atomic
def set_hours(
    creditor: Creditor | None,
    *,
    time_zone: str,
    weekdays: Iterable[int],
    opens: time,
    closes: time,
    by: User,
    holidays_of: str = "",
    closed_on: Iterable[date] = (),
    open_on: Iterable[date] = (),
) -> OfficeHours:
    chosen = sorted({int(day) for day in weekdays})
    if time_zone not in available_timezones():
        raise InvalidInput(_("There is no such time zone. Write it like Asia/Taipei."), field="time_zone")
    if not chosen or any(day not in dict(WEEKDAYS) for day in chosen):
        raise InvalidInput(_("Choose at least one day."), field="weekdays")
    if closes <= opens:
        raise InvalidInput(_("The office closes after it opens."), field="closes")
    if holidays_of and holidays_of not in listed_countries():
        raise InvalidInput(_("The holidays of this country are not listed."), field="holidays_of")
    days_off, days_on = sorted(set(closed_on)), sorted(set(open_on))
    _check_days(days_off, days_on)
    row, _fresh = OfficeHours.objects.update_or_create(
        creditor=creditor,
        defaults={
            "time_zone": time_zone, "weekdays": chosen, "opens": opens, "closes": closes, "holidays_of": holidays_of,
            "closed_on": days_off, "open_on": days_on,
        },
    )  # fmt: skip
    record_event(
        "office_hours.set", creditor=creditor, actor=by, source="staff", days=chosen, opens=f"{opens:%H:%M}",
        holidays=holidays_of, closed=len(days_off), open=len(days_on),
    )  # fmt: skip
    return row


def _check_days(days_off: list[date], days_on: list[date]) -> None:
    for field, days in (("closed_on", days_off), ("open_on", days_on)):
        if len(days) > MOST_DAYS:
            raise InvalidInput(_("At most %(n)s days.") % {"n": MOST_DAYS}, field=field)
    if both := set(days_off) & set(days_on):
        raise InvalidInput(
            _("%(day)s is both open and closed. Leave it in one of the two.") % {"day": min(both).isoformat()},
            field="open_on",
        )
