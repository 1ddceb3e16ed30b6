"""cap: how many in a period. Days are the debtor's own; of several candidate zones the worst count binds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
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
# (the oldest of those that fill the cap, at, zone) -> the first instant with room
Room = Callable[[datetime, datetime, ZoneInfo], datetime]


@dataclass(frozen=True, slots=True)
class Cap:
    rule: Rule
    counting: Counter
    most: int
    exempt: tuple[str, ...]
    room: Room

    def __call__(self, at: Look) -> Iterable[Finding]:
        if self.lifted(at):
            return ()
        if self.most == 0:
            return (Finding(Kind.BLOCK, self.rule, _NONE_AT_ALL),)
        entries = self.counting.relevant(at)
        if len(entries) < self.most:
            return ()
        full = [one for one in _moments(self.counting, entries, at) if len(one) >= self.most]
        until = max((self.until(one[-self.most], at) for one in full), default=at.at)
        if until <= at.at:
            return ()
        return (Finding(Kind.DEFER, self.rule, _REACHED, {"count": self.most, "max": self.most}, until),)

    def lifted(self, at: Look) -> bool:
        return bool(self.exempt) and at.any_true(self.exempt) is True

    def until(self, event: datetime, at: Look) -> datetime:
        """From when there is room again, where `event` is the oldest of those that fill the cap."""
        return max(self.room(event, at.at, zone) for zone in at.case.zones or (at.case.home,))


def build(rule: Rule, pack: Pack) -> Cap:
    params = rule.params
    debits = "rails" in rule.scope.says and "channels" not in rule.scope.says
    counts = attempted_debit if debits else COUNTERS[params["count"]]
    return Cap(
        rule=rule,
        # What a debtor begins does not add to what we may do; a pack that wants it counted says direction: any.
        counting=counter(rule, counts=counts, direction="any" if debits else "out"),
        most=params["max"],
        exempt=tuple(params.get("exclude", ())),
        room=_ROOMS[params["window"]["kind"]](params["window"].get("n", 1)),
    )


def _moments(counting: Counter, entries: list[Entry], at: Look) -> Iterator[list[datetime]]:
    for debt in counting.debts(at.case.action, entries):
        yield [entry.at for entry in counting.of_debt(entries, debt, at)]


def _rolling_days(n: int) -> Room:
    """`n` days that end with the day of the action."""

    def room(event: datetime, at: datetime, zone: ZoneInfo) -> datetime:
        free_from = event.astimezone(zone).date() + timedelta(days=n)
        return max(at, first_instant(free_from, zone)) if free_from > at.astimezone(zone).date() else at

    return room


def _rolling_hours(n: int) -> Room:
    return lambda event, at, zone: max(at, event.astimezone(UTC) + timedelta(hours=n))


def _calendar(begin: Callable[[date], date], after: Callable[[date, int], date]) -> Callable[[int], Room]:
    """Periods with fixed beginnings; `n` of them end with the one of the action."""

    def make(n: int) -> Room:
        def room(event: datetime, at: datetime, zone: ZoneInfo) -> datetime:
            free_from = after(begin(event.astimezone(zone).date()), n)
            return max(at, first_instant(free_from, zone)) if free_from > at.astimezone(zone).date() else at

        return room

    return make


_ROOMS: dict[str, Callable[[int], Room]] = {
    "rolling_days": _rolling_days,
    "rolling_hours": _rolling_hours,
    "calendar_day": _rolling_days,
    "calendar_week": _calendar(
        lambda day: day - timedelta(days=day.weekday()), lambda day, n: day + timedelta(days=7 * n)
    ),
    "calendar_month": _calendar(lambda day: day.replace(day=1), lambda day, n: add_months(day, n, later=True)),
}
