"""cap: how many in a period. Days are the debtor's own; of several candidate zones the worst count binds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from compliance.packs.actions import Entry
from compliance.packs.calendars import add_months
from compliance.packs.look import Look, first_instant
from compliance.packs.rules.counting import COUNTERS, Counter, attempted_debit, counter
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind

_REACHED = gettext_noop("%(count)s of %(max)s already happened in this period.")
_NONE_AT_ALL = gettext_noop("None are permitted.")
# (moments of what counted, at, zone) -> the first instant with room
Room = Callable[[list[datetime], datetime, ZoneInfo], datetime]


def build(rule: Rule, pack: Pack) -> Callable[[Look], Iterable[Finding]]:
    params = rule.params
    most, exempt = params["max"], params.get("exclude", ())
    debits = "rails" in rule.scope.says and "channels" not in rule.scope.says
    counts = attempted_debit if debits else COUNTERS[params["count"]]
    # What a debtor begins does not add to what we may do; a pack that wants it counted says direction: any.
    counting = counter(rule, counts=counts, direction="any" if debits else "out")
    room = _ROOMS[params["window"]["kind"]](params["window"].get("n", 1), most)

    def look(at: Look) -> Iterable[Finding]:
        if exempt and at.any_true(exempt) is True:
            return ()
        if most == 0:
            return (Finding(Kind.BLOCK, rule, _NONE_AT_ALL),)
        entries = counting.relevant(at)
        if len(entries) < most:
            return ()
        moments = [one for one in _moments(counting, entries, at) if len(one) >= most]
        zones = at.case.zones or (at.case.home,)
        until = max((room(one, at.at, zone) for one in moments for zone in zones), default=at.at)
        if until <= at.at:
            return ()
        return (Finding(Kind.DEFER, rule, _REACHED, {"count": most, "max": most}, until),)

    return look


def _moments(counting: Counter, entries: list[Entry], at: Look) -> Iterator[list[datetime]]:
    for debt in counting.debts(at.case.action, entries):
        yield [entry.at for entry in counting.of_debt(entries, debt, at)]


def _rolling_days(n: int, most: int) -> Room:
    """`n` days that end with the day of the action."""

    def room(moments: list[datetime], at: datetime, zone: ZoneInfo) -> datetime:
        oldest = moments[-most].astimezone(zone).date()  # of the newest ones that fill the cap
        free_from = oldest + timedelta(days=n)
        return max(at, first_instant(free_from, zone)) if free_from > at.astimezone(zone).date() else at

    return room


def _rolling_hours(n: int, most: int) -> Room:
    return lambda moments, at, zone: max(at, moments[-most].astimezone(UTC) + timedelta(hours=n))


def _calendar(begin: Callable[[date], date], after: Callable[[date, int], date]) -> Callable[[int, int], Room]:
    """Periods with fixed beginnings; `n` of them end with the one of the action."""

    def make(n: int, most: int) -> Room:
        def room(moments: list[datetime], at: datetime, zone: ZoneInfo) -> datetime:
            free_from = after(begin(moments[-most].astimezone(zone).date()), n)
            return max(at, first_instant(free_from, zone)) if free_from > at.astimezone(zone).date() else at

        return room

    return make


_ROOMS: dict[str, Callable[[int, int], Room]] = {
    "rolling_days": _rolling_days,
    "rolling_hours": _rolling_hours,
    "calendar_day": _rolling_days,
    "calendar_week": _calendar(
        lambda day: day - timedelta(days=day.weekday()), lambda day, n: day + timedelta(days=7 * n)
    ),
    "calendar_month": _calendar(lambda day: day.replace(day=1), lambda day, n: add_months(day, n, later=True)),
}
