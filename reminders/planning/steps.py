"""Which steps apply to which creditor, from which day past due to which, and to whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.models import Creditor
from reminders.models import Schedule, Step
from reminders.switches import Switches, switches

FOREVER = 32_000  # days


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of one creditor's schedule, for accounts from `from_day` past due until `upto_day`.

    `occasion` names the step within a delinquency. A step with `previous` waits `wait_days` after that one was sent.
    Of several rows that fit an account the first by `position` is meant. Empty conditions fit everybody.
    """

    creditor_id: int
    step_id: int
    position: int
    from_day: int
    upto_day: int
    occasion: str
    previous: str
    wait_days: int
    channels: tuple[str, ...]
    template_key: str
    minimum_minor: int
    maximum_minor: int | None
    products: tuple[str, ...]
    segments: tuple[str, ...]
    languages: tuple[str, ...]
    reachable_by: str


def step_rows(instead: Schedule | None = None) -> list[StepRow]:
    """One row for each creditor and step. The creditor's own published schedule wins over the common one.

    `instead`: as if this version were in force where its like is now. What is switched off has no steps.
    """
    published = {row.creditor_id: row for row in Schedule.objects.filter(state="published").prefetch_related("steps")}
    if instead is not None:
        published[instead.creditor_id] = instead
    off, common = switches(), published.get(None)
    rows: list[StepRow] = []
    for creditor_id in Creditor.objects.order_by("id").values_list("id", flat=True):
        schedule = published.get(creditor_id, common)
        if schedule is not None and not off.stops_schedule(schedule.name, creditor_id):
            rows += _rows_of(creditor_id, list(schedule.steps.all()), off)
    return rows


def in_order(steps: Iterable[Step]) -> list[Step]:
    """By day past due; steps of one day, and those that follow a sent reminder, as they were written."""
    return sorted(steps, key=lambda step: (step.offset_days, step.position))


def _rows_of(creditor_id: int, steps: Sequence[Step], off: Switches) -> list[StepRow]:
    ordered = in_order(steps)
    days = sorted({step.offset_days for step in ordered})
    ends = dict(zip(days, [*days[1:], FOREVER], strict=True))
    rows, previous, chained = [], "", 0
    for position, step in enumerate(ordered):
        chained = chained + 1 if step.after_previous is not None else 0
        occasion = f"{step.offset_days:+d}" + (f".{chained}" if chained else "")
        channels = tuple(name for name in step.channels if not off.stops_channel(name))
        if channels:
            rows.append(_row(creditor_id, step, position, ends[step.offset_days], occasion, previous, channels))
        previous = occasion
    return rows


def _row(
    creditor_id: int, step: Step, position: int, end: int, occasion: str, previous: str, channels: tuple[str, ...]
) -> StepRow:
    chained = step.after_previous is not None
    return StepRow(
        creditor_id=creditor_id,
        step_id=step.pk,
        position=position,
        from_day=step.offset_days,
        upto_day=end,
        occasion=occasion,
        previous=previous if chained else "",
        wait_days=step.after_previous or 0,
        channels=channels,
        template_key=step.template_key,
        minimum_minor=step.minimum_minor,
        maximum_minor=step.maximum_minor,
        products=tuple(step.products),
        segments=tuple(step.segments),
        languages=tuple(step.languages),
        reachable_by=step.reachable_by,
    )
