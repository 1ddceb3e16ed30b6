"""Changing a schedule: a new draft version, then publishing with a reason. Nothing published is edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Creditor, User
from accounts.services import caller_of
from common.clock import now
from common.errors import Conflict, InvalidInput
from common.once import use_token
from reminders.models import SCHEDULE_STATES, Schedule, Step, Template

MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class StepDraft:
    """`offset_days` counts from the due date, negative before it; `channels` in order of preference."""

    offset_days: int
    channels: tuple[str, ...]
    template_key: str
    minimum_minor: int = 0


@transaction.atomic
def save_draft(
    *, name: str, creditor: Creditor | None, steps: Sequence[StepDraft], by: User, token: str = ""
) -> Schedule | None:
    """A new draft version of that name. None when the form came before. Two steps on one day are refused."""
    ordered = sorted(steps, key=lambda step: step.offset_days)
    _check(ordered)
    if not use_token(caller_of(by), token):
        return None
    last = Schedule.objects.select_for_update().filter(name=name).order_by("-version").first()
    if last and last.creditor_id != (creditor.pk if creditor else None):
        raise InvalidInput(_("Another creditor's schedule has this name. Choose another name."), field="name")
    schedule = Schedule.objects.create(
        name=name, creditor=creditor, version=last.version + 1 if last else 1, created_by=by
    )
    Step.objects.bulk_create(
        Step(
            schedule=schedule,
            position=position,
            offset_days=step.offset_days,
            channels=list(step.channels),
            template_key=step.template_key,
            minimum_minor=step.minimum_minor,
        )
        for position, step in enumerate(ordered, start=1)
    )
    record_event("schedule.drafted", creditor=creditor, actor=by, source="staff", schedule=str(schedule))
    return schedule


def _check(steps: Sequence[StepDraft]) -> None:
    if not 1 <= len(steps) <= MOST_STEPS:
        raise InvalidInput(_("A schedule has between 1 and 20 steps."), field="steps")
    days = [step.offset_days for step in steps]
    if len(set(days)) != len(days):
        raise InvalidInput(_("Two steps fall on the same day. Move one of them."), field="steps")


@transaction.atomic
def publish_schedule(schedule: Schedule, *, reason: str, by: User, token: str = "") -> None:
    """Put this version in force and retire the one before. Also the way back: a retired version can return."""
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    if not use_token(caller_of(by), token):
        return
    rows = Schedule.objects.select_for_update().filter(creditor=schedule.creditor)
    fresh = next((row for row in rows.order_by("pk") if row.pk == schedule.pk), None)
    if fresh is None:
        raise Conflict(_("This schedule is gone."))
    SCHEDULE_STATES.check(fresh.state, "published")
    _check_texts(fresh)
    rows.filter(state="published").update(state="retired")
    rows.filter(pk=fresh.pk).update(state="published", published_by=by, published_at=now())
    record_event(
        "schedule.published",
        creditor=fresh.creditor,
        actor=by,
        source="staff",
        schedule=str(fresh),
        why=reason.strip()[:200],
    )


def _check_texts(schedule: Schedule) -> None:
    approved = set(Template.objects.filter(approved_at__isnull=False).values_list("key", flat=True))
    missing = sorted({step.template_key for step in schedule.steps.all()} - approved)
    if missing:
        raise Conflict(_("These texts are not approved yet: %(keys)s.") % {"keys": ", ".join(missing)})
