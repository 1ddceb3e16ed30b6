"""The next reminder of one account, from the schedule and the planner's own question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Account
from common.clock import now, today
from reminders.planning.query import DUE, THOSE_LEFT_OUT_WHY, parameters
from reminders.planning.slots import Asked
from reminders.planning.steps import StepRow, step_rows

_ONE = f"SELECT step_id, key, channels[1], due_at FROM ({DUE}) AS due"  # noqa: S608 - from constants


@dataclass(frozen=True, slots=True)
class NextReminder:
    """`left_out`: why the planner would pass it over on that day as things are, "" when it would not."""

    on: date
    key: str
    channel: str
    due_at: datetime | None
    left_out: str = ""


# Then the step of these days is behind us, and the next one is meant.
_BEHIND = frozenset({"already_sent", "under_way", "waits_for_previous"})


def next_reminder(account: Account) -> NextReminder | None:
    """The next step as the planner would see it: of the days that are running if it is still to go, else the one whose
    days come next, at the beginning of them. Ten questions or so."""
    if account.status != "open" or account.balance_minor <= 0:
        return None
    rows = [row for row in step_rows() if row.creditor_id == account.creditor_id]
    age = (today() - account.due_date).days
    running = [row for row in rows if row.from_day <= age < row.upto_day]
    coming = sorted((row for row in rows if row.from_day > age), key=lambda row: (row.from_day, row.position))
    found = _asked(account, rows, running[-1], on=today(), at=now()) if running else None
    if coming and (found is None or found.left_out in _BEHIND):
        on = account.due_date + timedelta(days=coming[0].from_day)
        return _asked(account, rows, coming[0], on=on, at=datetime.combine(on, time.min, ZoneInfo("UTC")))
    return found


def _asked(account: Account, rows: Sequence[StepRow], step: StepRow, *, on: date, at: datetime) -> NextReminder | None:
    asked = Asked(at)
    place = asked.slot(account.creditor_id, account.debtor.country, account.debtor.time_zone)
    values = {**parameters(rows, [place], [], on=on, at=at), "low": account.pk, "high": account.pk + 1}
    with connection.cursor() as cursor:
        cursor.execute(_ONE, values)
        if row := cursor.fetchone():
            return NextReminder(on, row[1], row[2], row[3])
        cursor.execute(THOSE_LEFT_OUT_WHY, values)
        why = cursor.fetchone()
    return NextReminder(on, step.template_key, step.channels[0], None, why[0]) if why else None
