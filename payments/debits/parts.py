"""Working on many rows together without one of them being able to stop the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)

Row = TypeVar("Row")
Result = TypeVar("Result")


def in_parts(
    rows: Sequence[Row], work: Callable[[Sequence[Row]], Result], set_aside: Callable[[Row], object]
) -> list[Result]:
    """Work on all rows at once; where that fails, on each half, down to the one that is to blame: it is set aside.

    `work` is a transaction of its own. A database that is gone is nobody's fault and ends it all.
    """
    if not rows:
        return []
    try:
        return [work(rows)]
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # whatever is wrong with one row, the others have done nothing
        if len(rows) > 1:
            half = len(rows) // 2
            return in_parts(rows[:half], work, set_aside) + in_parts(rows[half:], work, set_aside)
        logger.exception("a row could not be worked on and is set aside")
    try:
        set_aside(rows[0])
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # then it is the first in line again, and the others still go on
        logger.exception("a row could not even be set aside")
    return []
