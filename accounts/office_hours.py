"""Office hours: the creditor's own, else the common ones, else nothing is said about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Creditor, OfficeHours, User
from accounts.models.office import WEEKDAYS
from common.errors import InvalidInput

A_WEEK = range(8)


def hours_of(creditor: Creditor) -> OfficeHours | None:
    rows = {row.creditor_id: row for row in OfficeHours.objects.filter(creditor__in=[creditor])}
    return rows.get(creditor.pk) or OfficeHours.objects.filter(creditor=None).first()


def next_opening(hours: OfficeHours, at: datetime) -> datetime | None:
    """When somebody is there again; None while somebody is there."""
    zone = ZoneInfo(hours.time_zone)
    local = at.astimezone(zone)
    if local.weekday() in hours.weekdays and hours.opens <= local.time() < hours.closes:
        return None
    days = (local.date() + timedelta(days=ahead) for ahead in A_WEEK)
    openings = (datetime.combine(day, hours.opens, zone) for day in days if day.weekday() in hours.weekdays)
    return next(opening for opening in openings if opening > at)


def hours_words(hours: OfficeHours) -> str:
    """ "Monday, Tuesday 09:00-17:00 (Asia/Taipei)", for whoever reads it now."""
    names = dict(WEEKDAYS)
    days = sorted(hours.weekdays)
    run = days == list(range(days[0], days[-1] + 1)) and len(days) > 2
    said = f"{names[days[0]]} – {names[days[-1]]}" if run else ", ".join(str(names[day]) for day in days)
    return f"{said}, {hours.opens:%H:%M}–{hours.closes:%H:%M} ({hours.time_zone})"


@transaction.atomic
def set_hours(
    creditor: Creditor | None, *, time_zone: str, weekdays: Iterable[int], opens: time, closes: time, by: User
) -> OfficeHours:
    chosen = sorted({int(day) for day in weekdays})
    if time_zone not in available_timezones():
        raise InvalidInput(_("There is no such time zone. Write it like Asia/Taipei."), field="time_zone")
    if not chosen or any(day not in dict(WEEKDAYS) for day in chosen):
        raise InvalidInput(_("Choose at least one day."), field="weekdays")
    if closes <= opens:
        raise InvalidInput(_("The office closes after it opens."), field="closes")
    row, _fresh = OfficeHours.objects.update_or_create(
        creditor=creditor, defaults={"time_zone": time_zone, "weekdays": chosen, "opens": opens, "closes": closes}
    )
    record_event("office_hours.set", creditor=creditor, actor=by, source="staff", days=chosen, opens=f"{opens:%H:%M}")
    return row
