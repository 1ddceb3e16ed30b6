"""When a debit may take place: the debtor's hours, the mandate's period, the wallet's window, the grace. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wallets.providers.base import ChargeWindow

# Hours, period and window move a moment on in turn; they agree after a few rounds or never.
ROUNDS = 40
Window = Callable[[datetime], ChargeWindow]
NextPeriod = Callable[[date], date | None]


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """`window` answers for a moment; `next_period` for a day whose period has had its debit: when the next begins.

    Nothing takes place before `since` or after `until`.
    """

    zone: ZoneInfo
    opens: time
    closes: time
    since: datetime
    until: datetime
    window: Window
    next_period: NextPeriod

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, tzinfo=self.zone).astimezone(UTC)

    def first(self, moment: datetime) -> datetime | None:
        """The first moment from this one on that everything allows; None when there is none until the end."""
        wanted: datetime | None = max(moment, self.since)
        for _round in range(ROUNDS):
            if wanted is None or wanted > self.until:
                return None
            moved = self._later(wanted)
            if moved == wanted:
                return wanted
            wanted = moved
        return None

    def last_today(self, moment: datetime) -> datetime:
        """An hour before the debtor's hours or the whole calendar end, on the day of `moment`."""
        return min(self.at(self.day(moment), self.closes), self.until) - timedelta(hours=1)

    def _later(self, moment: datetime) -> datetime | None:
        """This moment itself, or a later one that may do; None when no later one does."""
        day = self.day(moment)
        if moment < self.at(day, self.opens):
            return self.at(day, self.opens)
        if moment >= self.at(day, self.closes):
            return self.at(day + timedelta(days=1), self.opens)
        begins = self.next_period(day)
        if begins:
            return self.at(begins, self.opens)
        window = self.window(moment)
        if window.open_now:
            return moment
        return window.opens_at if window.opens_at and window.opens_at > moment else None
