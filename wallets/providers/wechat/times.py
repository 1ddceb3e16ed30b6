"""WeChat Pay's times: Beijing local text in APIv2, RFC 3339 in APIv3."""

from datetime import date, datetime, time, timedelta, timezone

# Beijing has had no daylight saving since 1991.
BEIJING = timezone(timedelta(hours=8))
TOLERANCE_SECONDS = 300


def beijing_day(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()


def beijing_hour(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=BEIJING)


def midnight(day: date) -> datetime:
    return beijing_hour(day, 0)


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")


def compact(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y%m%d%H%M%S")


def read_rfc3339(text: object) -> datetime | None:
    """An aware instant, or `None` for anything that is not one."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def read_local(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern).replace(tzinfo=BEIJING)
    except ValueError:
        return None


def read_compact(text: str) -> datetime | None:
    """`20141111170043`, as orders write it."""
    return read_local(text, "%Y%m%d%H%M%S")


def read_spaced(text: str) -> datetime | None:
    """`2015-07-01 10:00:00`, as contracts and bills write it."""
    return read_local(text, "%Y-%m-%d %H:%M:%S")


def is_fresh(timestamp: str, now: datetime) -> bool:
    """Whether a signed Unix time is near enough to ours; an old signature may be a replay."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs(int(now.timestamp()) - int(timestamp)) < TOLERANCE_SECONDS
