"""Planning a day: chunk by chunk, each its own transaction, so that a stopped run is simply run again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min

from accounts.models import Account
from common.clock import now
from reminders.planning.query import INSERT, parameters
from reminders.planning.slots import slots
from reminders.planning.steps import step_rows

CHUNK_ACCOUNTS = 10_000


@dataclass(frozen=True, slots=True)
class PlanCounts:
    planned: int = 0
    chunks: int = 0


def plan_reminders(on: date, *, chunk: int = CHUNK_ACCOUNTS) -> PlanCounts:
    """Create the reminder each account is due on `on`: the latest step whose day has come, at most one.

    Running it again for the same day adds nothing.
    """
    steps = step_rows()
    if not steps:
        return PlanCounts()
    at = now()
    common = parameters(steps, slots(at), on=on, at=at)
    planned = chunks = 0
    for low, high in account_ranges(chunk):
        planned += _plan_range({**common, "low": low, "high": high})
        chunks += 1
    return PlanCounts(planned, chunks)


def account_ranges(chunk: int) -> Iterator[tuple[int, int]]:
    """Half-open ranges of account ids that cover every account."""
    ends = Account.objects.aggregate(low=Min("id"), high=Max("id"))
    if ends["low"] is not None:
        yield from ((low, low + chunk) for low in range(ends["low"], ends["high"] + 1, chunk))


@transaction.atomic
def _plan_range(values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        return cursor.rowcount
