"""Planning a day: chunk by chunk, each its own transaction, so that a stopped run is simply run again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min

from accounts.models import Account
from common.clock import now
from reminders.planning.full import full_ways
from reminders.planning.query import INSERT, NOT_COVERED, parameters
from reminders.planning.slots import Asked, slots
from reminders.planning.steps import StepRow, step_rows

CHUNK_ACCOUNTS = 10_000


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """`not_covered`: accounts with a step on that day for which no signed-off pack of their law is in force."""

    planned: int = 0
    chunks: int = 0
    not_covered: int = 0


def plan_reminders(on: date, *, chunk: int = CHUNK_ACCOUNTS) -> PlanCounts:
    """Create the reminder each account is due on `on`: the latest step whose day has come, at most one.

    Running it again for the same day adds nothing.
    """
    steps = step_rows()
    if not steps:
        return PlanCounts()
    common = planning_values(steps, on=on)
    planned = chunks = uncovered = 0
    for low, high in account_ranges(chunk):
        values = {**common, "low": low, "high": high}
        planned += _plan_range(values)
        chunks += 1
        if not all(common["covered"]):
            uncovered += _passed_over(values)
    return PlanCounts(planned, chunks, uncovered)


def planning_values(steps: Sequence[StepRow], *, on: date) -> dict[str, Any]:
    """Everything planning `on` asks now, but the range of accounts."""
    asked = Asked(now())
    places = slots(asked)
    return parameters(steps, places, full_ways(places, asked), on=on, at=asked.at)


def account_ranges(chunk: int) -> Iterator[tuple[int, int]]:
    """Half-open ranges of account ids that cover every account."""
    ends = Account.objects.aggregate(low=Min("id"), high=Max("id"))
    if ends["low"] is not None:
        yield from ((low, low + chunk) for low in range(ends["low"], ends["high"] + 1, chunk))


def _passed_over(values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(NOT_COVERED, values)
        return int(cursor.fetchone()[0])


@transaction.atomic
def _plan_range(values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        return cursor.rowcount
