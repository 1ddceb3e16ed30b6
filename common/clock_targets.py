"""Where the sandbox clock may jump to: each app says when its next due thing is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from common import clock

Finder = Callable[[], datetime | None]
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    if finder not in _finders:
        _finders.append(finder)


def next_due() -> datetime | None:
    """The first moment still to come at which anything falls due; None when nothing is planned."""
    moments = [moment for finder in _finders if (moment := finder()) and moment > clock.now()]
    return min(moments, default=None)
