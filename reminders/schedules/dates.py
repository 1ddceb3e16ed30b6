"""On which days the next reminders of a schedule would go out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count

from accounts.models import Account, Creditor
from common.clock import today
from reminders.models import Schedule, Step

MANY = 5


@dataclass(frozen=True, slots=True)
class NextDate:
    """A day on which `step` begins for `accounts` open accounts, if nothing changes until then."""

    day: date
    step: Step
    accounts: int


def next_dates(schedule: Schedule, steps: Sequence[Step], *, many: int = MANY) -> list[NextDate]:
    """The soonest days, from tomorrow, on which a step that counts from the due date begins for somebody."""
    found: list[NextDate] = []
    tomorrow = today() + timedelta(days=1)
    for step in steps:
        if step.after_previous is None:
            found += _days_of(schedule, step, tomorrow, many)
    return sorted(found, key=lambda row: (row.day, row.step.position))[:many]


def _days_of(schedule: Schedule, step: Step, tomorrow: date, many: int) -> list[NextDate]:
    offset = timedelta(days=step.offset_days)
    rows = Account.objects.filter(
        creditor__in=_creditors_of(schedule), status="open", balance_minor__gt=0, due_date__gte=tomorrow - offset
    )
    days = rows.values("due_date").annotate(number=Count("id")).order_by("due_date")[:many]
    return [NextDate(row["due_date"] + offset, step, row["number"]) for row in days]


def _creditors_of(schedule: Schedule) -> list[int]:
    if schedule.creditor_id:
        return [schedule.creditor_id]
    own = Schedule.objects.filter(state="published", creditor__isnull=False).values("creditor_id")
    return list(Creditor.objects.exclude(pk__in=own).values_list("pk", flat=True))
