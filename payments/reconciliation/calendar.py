"""Whose calendar a provider's books follow, when a day's are ready, and how long a difference may settle itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from common.clock import now

BEIJING, NAIROBI = timezone(timedelta(hours=8)), timezone(timedelta(hours=3))


@dataclass(frozen=True)
class Books:
    """`ready`: after the end of the day. `grace`: how long one side may be ahead of the other.

    `overdue`: after so long what we expect is missed whether a statement was read or not. `shows_money_back`: false
    where the books list only what came in: a refund is confirmed by the provider's own answer, and a payment that
    was undone is expected no more.
    """

    zone: tzinfo = UTC
    ready: timedelta = timedelta(hours=4)
    grace: timedelta = timedelta(days=3)
    overdue: timedelta = timedelta(days=7)
    shows_money_back: bool = True

    def begins(self, day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=self.zone)

    def ready_at(self, day: date) -> datetime:
        return self.begins(day + timedelta(days=1)) + self.ready

    def last_ready_day(self) -> date:
        return (now() - self.ready).astimezone(self.zone).date() - timedelta(days=1)


OTHERS = Books()
# A chain's books are its own final transfers to our addresses.
CHAIN = Books(ready=timedelta(hours=1), grace=timedelta(days=1), shows_money_back=False)
MPESA = Books(zone=NAIROBI, ready=timedelta(hours=1), grace=timedelta(days=1), shows_money_back=False)
BOOKS = {
    "alipay": Books(zone=BEIJING, ready=timedelta(hours=10), grace=timedelta(days=2)),
    "wechat": Books(zone=BEIJING, ready=timedelta(hours=11), grace=timedelta(days=2)),
    # M-Pesa's books reach back 48 hours only, so they are asked for early in the morning.
    "mpesa": MPESA,
    "mpesa_ratiba": MPESA,
    "usdt_eth": CHAIN,
    "usdt_tron": CHAIN,
}


def books_of(provider_key: str) -> Books:
    return BOOKS.get(provider_key, OTHERS)
