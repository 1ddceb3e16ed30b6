"""Changing a schedule: a draft version, proposed by one person, put in force by another; and the way back.

Nothing that was ever in force is edited in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Creditor, User
from accounts.services import caller_of
from common.clock import now
from common.errors import Conflict, InvalidInput
from common.once import use_token
from reminders.models import SCHEDULE_STATES, Schedule, Step, Template
from reminders.schedules.drafts import StepDraft, settled


@transaction.atomic
def save_draft(
    *, name: str, creditor: Creditor | None, steps: Sequence[StepDraft], by: User, token: str = ""
) -> Schedule | None:
    """A new draft version of that name. None when the form came before. What cannot work is refused with its step."""
    ordered = settled(steps)
    if not use_token(caller_of(by), token):
        return None
    last = Schedule.objects.select_for_update().filter(name=name).order_by("-version").first()
    if last and last.creditor_id != (creditor.pk if creditor else None):
        raise InvalidInput(_("Another creditor's schedule has this name. Choose another name."), field="name")
    schedule = Schedule.objects.create(
        name=name, creditor=creditor, version=last.version + 1 if last else 1, created_by=by
    )
    Step.objects.bulk_create(
        Step(schedule=schedule, position=position, **_fields(step)) for position, step in enumerate(ordered, start=1)
    )
    record_event("schedule.drafted", creditor=creditor, actor=by, source="staff", schedule=str(schedule))
    return schedule


def _fields(step: StepDraft) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(step).items()}


@transaction.atomic
def propose_schedule(schedule: Schedule, *, reason: str, by: User, token: str = "") -> None:
    """Ask for this draft to be put in force; somebody else decides."""
    _need_reason(reason)
    if not use_token(caller_of(by), token):
        return
    fresh = _locked(schedule)
    SCHEDULE_STATES.check(fresh.state, "proposed")
    _check_texts(fresh)
    fresh.state, fresh.proposed_by, fresh.proposed_reason = "proposed", by, reason.strip()[:200]
    fresh.save(update_fields=["state", "proposed_by", "proposed_reason"])
    _tell("schedule.proposed", fresh, by, reason)


@transaction.atomic
def turn_down_schedule(schedule: Schedule, *, reason: str, by: User, token: str = "") -> None:
    """Back to being a draft: by somebody who disagrees, or by whoever proposed it."""
    _need_reason(reason)
    if not use_token(caller_of(by), token):
        return
    fresh = _locked(schedule)
    SCHEDULE_STATES.check(fresh.state, "draft")
    fresh.state = "draft"
    fresh.save(update_fields=["state"])
    _tell("schedule.turned_down", fresh, by, reason)


@transaction.atomic
def publish_schedule(schedule: Schedule, *, by: User, reason: str = "", token: str = "") -> None:
    """Put in force what somebody else proposed and retire the version before.

    Also the way back: a retired version was agreed to by two people once, so one may return to it, with a reason.
    """
    if not use_token(caller_of(by), token):
        return
    fresh = _locked(schedule)
    SCHEDULE_STATES.check(fresh.state, "published")
    if fresh.state == "retired":
        _need_reason(reason)
    elif fresh.proposed_by_id == by.pk:
        raise Conflict(_("You proposed this version, so somebody else has to agree to it."))
    _check_texts(fresh)
    Schedule.objects.filter(creditor=fresh.creditor, state="published").update(state="retired")
    fresh.state, fresh.published_by, fresh.published_at = "published", by, now()
    fresh.save(update_fields=["state", "published_by", "published_at"])
    _tell("schedule.published", fresh, by, reason or fresh.proposed_reason)


def _locked(schedule: Schedule) -> Schedule:
    """The version, with every other of the same creditor: two people publishing at once take turns."""
    rows = Schedule.objects.select_for_update().filter(creditor=schedule.creditor)
    fresh = next((row for row in rows.order_by("pk") if row.pk == schedule.pk), None)
    if fresh is None:
        raise Conflict(_("This schedule is gone."))
    return fresh


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")


def _tell(kind: str, schedule: Schedule, by: User, why: str) -> None:
    record_event(
        kind, creditor=schedule.creditor, actor=by, source="staff", schedule=str(schedule), why=why.strip()[:200]
    )


def _check_texts(schedule: Schedule) -> None:
    approved = set(Template.objects.filter(approved_at__isnull=False).values_list("key", flat=True))
    missing = sorted({step.template_key for step in schedule.steps.all()} - approved)
    if missing:
        raise Conflict(_("These texts are not approved yet: %(keys)s.") % {"keys": ", ".join(missing)})
