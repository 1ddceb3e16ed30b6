"""Working on many rows together without one of them being able to stop the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)

Row = TypeVar("Row")
Result = TypeVar("Result")


# PostgreSQL's words for "somebody else went first": a deadlock, a lock not to be had, a write that came too late.
PASSING = frozenset({"40P01", "55P03", "40001"})
MOST_TIMES = 3


def in_parts(
    rows: Sequence[Row], work: Callable[[Sequence[Row]], Result], set_aside: Callable[[Row], object]
) -> list[Result]:
    """Work on all rows at once; where that fails, on each half, down to the one that is to blame: it is set aside.

    `work` is a transaction of its own. A database that is gone is nobody's fault and ends it all.
    """
    if not rows:
        return []
    try:
        return [_patiently(work, rows)]
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


def _patiently(work: Callable[[Sequence[Row]], Result], rows: Sequence[Row]) -> Result:
    """`work` is a transaction of its own: where another one was in the way, it is simply done again."""
    for _time in range(MOST_TIMES - 1):
        try:
            return work(rows)
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) not in PASSING:
                raise
            logger.warning("somebody else went first", extra={"rows": len(rows)})
    return work(rows)
