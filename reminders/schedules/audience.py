"""What planning a day would do, asked of the planner itself without writing: counts, and the accounts behind each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from accounts.models import Account
from reminders.models import Schedule, Step
from reminders.planning.plan import CHUNK_ACCOUNTS, account_ranges, planning_values
from reminders.planning.query import BY_STEP, NOT_PLANNED, THOSE_LEFT_OUT, THOSE_PLANNED
from reminders.planning.steps import step_rows

PAGE = 50


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets a reminder on a day: accounts by step and channel, and those left out by reason."""

    on: date
    by_step: Mapping[tuple[Step, str], int]
    left_out: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_step.values())


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of accounts; `last` is where the next begins."""

    accounts: list[Account]
    last: int
    more: bool


def who_gets_what(on: date, *, instead: Schedule | None = None) -> Audience:
    """What planning `on` would create now; with `instead`, as if that version were in force."""
    common = _parameters(on, instead)
    planned_steps: Counter[tuple[int, str]] = Counter()
    reasons: Counter[str] = Counter()
    for low, high in account_ranges(CHUNK_ACCOUNTS):
        values = {**common, "low": low, "high": high}
        with connection.cursor() as cursor:
            cursor.execute(BY_STEP, values)
            planned_steps.update({(step, channel): count for step, channel, count in cursor.fetchall()})
            cursor.execute(NOT_PLANNED, values)
            reasons.update(dict(cursor.fetchall()))
    steps = Step.objects.select_related("schedule").in_bulk({step for step, _ in planned_steps})
    return Audience(on, {(steps[step], channel): n for (step, channel), n in sorted(planned_steps.items())}, reasons)


def planned(on: date, *, step_id: int, channel: str, after: int = 0, instead: Schedule | None = None) -> Listed:
    values = {**_parameters(on, instead), "step": step_id, "channel": channel}
    return _page(THOSE_PLANNED, values, after)


def left_out(on: date, *, reason: str, after: int = 0, instead: Schedule | None = None) -> Listed:
    return _page(THOSE_LEFT_OUT, {**_parameters(on, instead), "reason": reason}, after)


def _parameters(on: date, instead: Schedule | None) -> dict[str, Any]:
    return planning_values(step_rows(instead), on=on)


def _page(query: str, values: dict[str, Any], after: int) -> Listed:
    """Chunk after chunk until the page is full: a rare reason costs a look at everybody, never a table of them."""
    found: list[int] = []
    for low, high in account_ranges(CHUNK_ACCOUNTS):
        if high > after + 1 and len(found) <= PAGE:
            with connection.cursor() as cursor:
                cursor.execute(query, {**values, "low": max(low, after + 1), "high": high})
                found += [pk for (pk,) in cursor.fetchall()]
    shown = found[:PAGE]
    rows = Account.objects.select_related("creditor", "debtor").in_bulk(shown)
    return Listed([rows[pk] for pk in shown], shown[-1] if shown else after, len(found) > PAGE)
