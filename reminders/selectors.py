"""Reading messages: for the account page, the schedule page and the debtor's inbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import QuerySet

from accounts.models import Account, Debtor
from common.clock import now
from reminders.models import Message, Step
from reminders.planning.plan import CHUNK_ACCOUNTS, account_ranges
from reminders.planning.query import BY_STEP, NOT_PLANNED, parameters
from reminders.planning.slots import slots
from reminders.planning.steps import step_rows


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets a reminder on a day: accounts by step and channel, and those left out by reason."""

    on: date
    by_step: Mapping[tuple[Step, str], int]
    left_out: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_step.values())


def upcoming_for(account: Account) -> QuerySet[Message]:
    """What is queued, soonest first."""
    return Message.objects.filter(account=account, state__in=["due", "sending"]).order_by("due_at", "id")


def messages_of(account: Account) -> QuerySet[Message]:
    """Everything ever planned or sent for the account, newest first."""
    rows = Message.objects.filter(account=account).select_related("step", "contact_point")
    return rows.prefetch_related("receipts").order_by("-id")


def portal_inbox(account: Account) -> QuerySet[Message]:
    """What the debtor finds in the app, newest first: only messages that were sent there."""
    return Message.objects.filter(account=account, channel="in_app", state__in=["sent", "delivered"]).order_by("-id")


def unread_count(debtor: Debtor) -> int:
    return Message.objects.filter(
        debtor=debtor, channel="in_app", state__in=["sent", "delivered"], read_at__isnull=True
    ).count()


def who_gets_what(on: date) -> Audience:
    """What planning `on` would create now, without creating it."""
    at = now()
    common = parameters(step_rows(), slots(at), on=on, at=at)
    planned: Counter[tuple[int, str]] = Counter()
    left_out: Counter[str] = Counter()
    for low, high in account_ranges(CHUNK_ACCOUNTS):
        values = {**common, "low": low, "high": high}
        with connection.cursor() as cursor:
            cursor.execute(BY_STEP, values)
            planned.update({(step, channel): count for step, channel, count in cursor.fetchall()})
            cursor.execute(NOT_PLANNED, values)
            left_out.update({reason: count for reason, count in cursor.fetchall() if reason})
    steps = Step.objects.select_related("schedule").in_bulk({step for step, _ in planned})
    return Audience(on, {(steps[step], channel): n for (step, channel), n in sorted(planned.items())}, left_out)
