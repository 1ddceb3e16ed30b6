"""The one clock. In sandbox mode it can be moved forward, for every process at once, to watch a month happen."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation

_CACHE_SECONDS = 1.0
_cached: tuple[float, timedelta] | None = None


def offset() -> timedelta:
    """How far the sandbox clock is ahead of the real one (zero outside sandbox mode); read at most once a second."""
    global _cached
    if not settings.SANDBOX:
        return timedelta(0)
    if _cached and time.monotonic() - _cached[0] < _CACHE_SECONDS:
        return _cached[1]
    from common.models import ClockShift

    try:
        ahead = ClockShift.current()
    except SynchronousOnlyOperation:  # an event loop may not read the database: it goes by the last reading
        return _cached[1] if _cached else timedelta(0)
    _cached = (time.monotonic(), ahead)
    return ahead


def forget() -> None:
    """Read the shift afresh at the next call."""
    global _cached
    _cached = None


def real_now() -> datetime:
    """The machine's own time, whatever the sandbox clock says: for heartbeats, leases and signatures."""
    return datetime.now(UTC)


def now() -> datetime:
    return real_now() + offset()


def today(zone: str = "UTC") -> date:
    return now().astimezone(ZoneInfo(zone)).date()
