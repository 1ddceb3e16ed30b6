"""Local days and hours on the real time line: exact where clocks are put forward or back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MARGIN = timedelta(minutes=5)  # a message started so close to the end of the hours may arrive after it
_SECOND = timedelta(seconds=1)
HoursOn = Callable[[date], tuple[time, time] | None]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of one local day during which the clock runs evenly: instants in UTC, and how far local time is ahead."""

    start: datetime
    end: datetime
    ahead: timedelta
    day: date

    def at(self, wall: time) -> datetime:
        return datetime.combine(self.day, wall, UTC) - self.ahead


def stretches(zone: ZoneInfo, start: datetime, *, limit: datetime) -> Iterator[Stretch]:
    """From `start` on without a gap, until one reaches past `limit`."""
    moment = start.astimezone(UTC)
    while moment <= limit:
        local = moment.astimezone(zone)
        ahead = local.utcoffset() or timedelta(0)
        midnight = datetime.combine(local.date() + timedelta(days=1), time.min, UTC) - ahead
        end = _until_change(zone, moment, midnight=midnight, ahead=ahead)
        yield Stretch(moment, end, ahead, local.date())
        moment = end


def _until_change(zone: ZoneInfo, moment: datetime, *, midnight: datetime, ahead: timedelta) -> datetime:
    """The instant within the day at which the zone's offset changes, or midnight."""
    if (midnight - _SECOND).astimezone(zone).utcoffset() == ahead:
        return midnight
    before, after = moment.replace(microsecond=0), midnight - _SECOND
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == ahead:
            before = middle
        else:
            after = middle
    return after


def local_days(zone: ZoneInfo, start: datetime, *, limit: datetime) -> Iterator[tuple[datetime, date]]:
    """Each local day from `start` on: the first instant of it that is not before `start`, and the day."""
    seen: date | None = None
    for stretch in stretches(zone, start, limit=limit):
        if stretch.day != seen:
            seen = stretch.day
            yield stretch.start, stretch.day


def first_open(zone: ZoneInfo, start: datetime, *, limit: datetime, hours_on: HoursOn) -> datetime | None:
    """The first instant from which the hours stay open for the whole margin; None when there is none by `limit`."""
    opened: datetime | None = None
    closed: datetime | None = None
    for stretch in stretches(zone, start, limit=limit + MARGIN):
        hours = hours_on(stretch.day)
        if hours is None:
            continue
        begin, end = _open_part(stretch, *hours)
        if begin >= end:
            continue
        opened = opened if opened is not None and closed == begin else begin
        closed = end
        if closed - opened >= MARGIN:
            return opened if opened <= limit else None
    return None


def _open_part(stretch: Stretch, opens: time, closes: time) -> tuple[datetime, datetime]:
    begin = stretch.start if opens == time.min else max(stretch.start, stretch.at(opens))
    end = stretch.end if closes == time.max else min(stretch.end, stretch.at(closes))
    return begin, end
