"""Which steps apply to which creditor, and from which day past due to which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from accounts.models import Creditor
from reminders.models import Schedule, Step

FOREVER = 32_000  # days


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of one creditor's schedule: due from `from_day` past due until the next step's day comes."""

    creditor_id: int
    step_id: int
    from_day: int
    upto_day: int
    channels: tuple[str, ...]
    template_key: str
    minimum_minor: int


def step_rows() -> list[StepRow]:
    """One row for each creditor and step. The creditor's own published schedule wins over the common one."""
    published = {row.creditor_id: row for row in Schedule.objects.filter(state="published").prefetch_related("steps")}
    common = published.get(None)
    rows: list[StepRow] = []
    for creditor_id in Creditor.objects.order_by("id").values_list("id", flat=True):
        schedule = published.get(creditor_id, common)
        if schedule is not None:
            rows += _rows_of(creditor_id, sorted(schedule.steps.all(), key=lambda step: step.offset_days))
    return rows


def _rows_of(creditor_id: int, steps: Sequence[Step]) -> list[StepRow]:
    ends = [following.offset_days for _, following in pairwise(steps)] + [FOREVER]
    return [
        StepRow(
            creditor_id,
            step.pk,
            step.offset_days,
            end,
            tuple(step.channels),
            step.template_key,
            step.minimum_minor,
        )
        for step, end in zip(steps, ends, strict=True)
    ]
