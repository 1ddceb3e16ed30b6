"""window: at which hours of which days, on the clocks of everywhere the debtor may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from compliance.local_time import stretches
from compliance.packs import checks
from compliance.packs.calendars import is_holiday, is_listed
from compliance.packs.checks import Window
from compliance.packs.errors import PackError, Place
from compliance.packs.look import ABSENT, Look
from compliance.packs.rules.doubt import doubt
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind

Spans = tuple[tuple[int, int], ...]  # of one day, in minutes after midnight
Week = tuple[Spans, ...]
IsFree = Callable[[date], bool]
_CLOSED = gettext_noop("Outside the permitted hours (%(zone)s).")
_NO_ZONE = gettext_noop("Nobody knows where the debtor is, so no hour is certain to be decent.")
_NO_CALENDAR = gettext_noop("The public holidays of this place are not known.")
_NEVER = gettext_noop("The debtor's own times leave no hour that this rule permits.")
_NOT_READ = gettext_noop("The times the debtor asked for cannot be read.")
_CONVENIENT = ("debtor_windows", "debtor.windows", "contact_windows", "preferred_windows", "convenient_times")
_INCONVENIENT = (
    "inconvenient_times", "debtor.inconvenient_times", "inconvenient", "debtor.inconvenient", "inconvenient_windows",
    "debtor.inconvenient_windows",
)  # fmt: skip
SEARCH = timedelta(days=400)


def build(rule: Rule, pack: Pack) -> Callable[[Look], Iterable[Finding]]:
    week = week_of(rule.params["allow"], rule.params.get("deny", ()))
    margin = timedelta(minutes=pack.margin_minutes)
    primary = pack.defaults.get("location") == "primary"
    free_days = rule.params.get("holidays") == "deny"
    honours = rule.params.get("honour_debtor_windows", False)
    unknown = doubt(rule, pack)

    def look(at: Look) -> Iterable[Finding]:
        zones = at.case.zones[:1] if primary else at.case.zones
        if not zones:
            return (unknown(_NO_ZONE),)
        own = week
        if honours and (wishes := _wishes(at)) is not None:
            try:
                own = _with_wishes(week, wishes)
            except PackError:
                return (unknown(_NOT_READ),)
        is_free: IsFree | None = None
        if free_days:
            is_free = _free_days(at, rule, pack)
            if is_free is None:
                return (unknown(_NO_CALENDAR),)
        closed = [
            zone
            for zone, local in zip(zones, at.locals, strict=False)
            if not _open(local, own, is_free, margin=margin, zone=zone, at=at.at)
        ]
        if not closed:
            return ()
        found = [first_open(zone, at.at, week=own, is_free=is_free, margin=margin) for zone in closed]
        dates = [one for one in found if one is not None]
        if len(dates) < len(found):
            return (Finding(Kind.REVIEW, rule, _NEVER),)
        return (Finding(Kind.DEFER, rule, _CLOSED, {"zone": ", ".join(zone.key for zone in closed)}, max(dates)),)

    return look


def week_of(allow: Iterable[Window], deny: Iterable[Window] = ()) -> Week:
    return tuple(
        subtract(merge((start, end) for days, start, end in allow if day in days), _on(deny, day)) for day in range(7)
    )


def _on(windows: Iterable[Window], day: int) -> Spans:
    return tuple((start, end) for days, start, end in windows if day in days)


def merge(spans: Iterable[tuple[int, int]]) -> Spans:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def subtract(spans: Spans, without: Spans) -> Spans:
    for start, end in without:
        spans = tuple(
            piece
            for left, right in spans
            for piece in ((left, min(right, start)), (max(left, end), right))
            if piece[0] < piece[1]
        )
    return spans


def _open(
    local: datetime, week: Week, is_free: IsFree | None, *, margin: timedelta, zone: ZoneInfo, at: datetime
) -> bool:
    """The quick answer: open now and past the margin, without looking at the calendar of other days."""
    second = local.hour * 3600 + local.minute * 60 + local.second
    for start, end in week[local.weekday()]:
        if start * 60 <= second and local.hour * 60 + local.minute < end:
            if is_free is not None and is_free(local.date()):
                return False
            if not margin:
                return True
            if second + margin.total_seconds() < end * 60:
                return (at + margin).astimezone(zone).utcoffset() == local.utcoffset() or _long_enough(
                    zone, at, week, is_free, margin
                )
            return _long_enough(zone, at, week, is_free, margin)
    return False


def _long_enough(zone: ZoneInfo, at: datetime, week: Week, is_free: IsFree | None, margin: timedelta) -> bool:
    return first_open(zone, at, week=week, is_free=is_free, margin=margin) == at


def first_open(
    zone: ZoneInfo, at: datetime, *, week: Week, is_free: IsFree | None, margin: timedelta = timedelta(0)
) -> datetime | None:
    """The first instant from which it stays open for longer than the margin, on clocks that jump twice a year."""
    opened: datetime | None = None
    closed: datetime | None = None
    for stretch in stretches(zone, at, limit=at + SEARCH):
        if is_free is not None and is_free(stretch.day):
            continue
        for start, end in week[stretch.day.weekday()]:
            begin = max(stretch.start, _instant(stretch.day, start) - stretch.ahead)
            finish = min(stretch.end, _instant(stretch.day, end) - stretch.ahead)
            if begin >= finish:
                continue
            opened = opened if opened is not None and closed == begin else begin
            closed = finish
            if closed - opened > margin:
                return opened
    return None


def _instant(day: date, minute: int) -> datetime:
    return datetime.combine(day, time.min, UTC) + timedelta(minutes=minute)


def _wishes(at: Look) -> tuple[Any, Any] | None:
    """The hours the debtor named as convenient, and as inconvenient."""
    wanted = next((at.case.facts[name] for name in _CONVENIENT if name in at.case.facts), None)
    unwanted = next((at.case.facts[name] for name in _INCONVENIENT if name in at.case.facts), None)
    return None if not wanted and not unwanted else (wanted, unwanted)


def _with_wishes(week: Week, wishes: tuple[Any, Any]) -> Week:
    wanted, unwanted = (_read(one) for one in wishes)
    own = week_of(wanted) if wanted else week
    return tuple(subtract(spans, _on(unwanted, day)) for day, spans in enumerate(own))


def _read(value: Any) -> Sequence[Window]:
    if not value:
        return ()
    listed = value if isinstance(value, list) else [value]
    return tuple(checks.window(one, Place(field="debtor_windows")) for one in listed)


def _free_days(at: Look, rule: Rule, pack: Pack) -> IsFree | None:
    """Which days are public holidays where the debtor is; None when nobody knows."""
    told = at.case.told("holidays")
    if isinstance(told, list | tuple | set | frozenset):
        days = {at.case.day_of(one) for one in told}
        return days.__contains__
    if told is ABSENT:
        told = rule.params.get("calendar") or pack.calendars.get("holidays") or _place(at, pack)
    if told is False:
        return lambda day: False
    if not isinstance(told, str) or not is_listed(told):
        return None
    return lambda day: is_holiday(day, told)


def _place(at: Look, pack: Pack) -> Any:
    country = pack.jurisdiction.get("country", "*")
    if country != "*":
        part = f"{country}-{pack.jurisdiction.get('subdivision', '')}"
        return part if is_listed(part) else country
    return at.value("debtor.country") or at.value("country")
