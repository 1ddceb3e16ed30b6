"""Ctrl-C, SIGTERM and SIGHUP only set a flag; every wait looks at it, so nothing is left half-started."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType

from launcher.errors import Stopped

TICK = 0.05
_asked: list[int] = []


def install() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # nohup and the like ask to survive a closing terminal: leave what is already ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _ask)


def _ask(number: int, _frame: FrameType | None) -> None:
    _asked.append(number)


def asked_to_stop() -> bool:
    return bool(_asked)


def last() -> int:
    """The latest request to stop; only where there was one."""
    return _asked[-1]


def impatient() -> bool:
    """Somebody asked twice: skip the grace periods."""
    return len(_asked) > 1


def check() -> None:
    if _asked:
        raise Stopped


def pause(seconds: float = TICK) -> None:
    """Sleep that a signal cuts short by raising `Stopped`."""
    until = time.monotonic() + seconds
    while True:
        check()
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(TICK, left))


def wait_until(done: Callable[[], bool], *, seconds: float) -> bool:
    """Polls `done`, ignoring requests to stop: for waits that are themselves part of stopping."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            return False
        time.sleep(TICK)
    return True
