"""What a fresh installation starts with: the shipped texts, approved, and one humane schedule for everybody."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from common.clock import now
from reminders.models import Schedule, Step, Template
from reminders.rendering.errors import UnknownText
from reminders.rendering.languages import LANGUAGES
from reminders.rendering.texts import ANSWERS, CHANNELS, KINDS, default_text

SCHEDULE_NAME = "Standard"
# Days from the due date, and the text: spaced out more and more, and the last one hands over to a person.
STEPS = (
    (-3, "due_soon"),
    (1, "overdue_friendly"),
    (7, "overdue_friendly"),
    (21, "overdue_firm"),
    (45, "overdue_last"),
)
STEP_CHANNELS = ["email", "sms", "in_app"]


@transaction.atomic
def ensure_default_templates(by: User | None = None) -> int:
    """Create and approve the shipped texts that are missing; how many were new. Changed ones are left alone."""
    known = set(Template.objects.values_list("key", "channel", "language"))
    wanted = [
        (kind, channel, language) for kind in (*KINDS, *ANSWERS) for channel in CHANNELS for language in LANGUAGES
    ]
    rows = [row for place in wanted if place not in known and (row := _template(*place, by=by))]
    Template.objects.bulk_create(rows)
    return len(rows)


def _template(kind: str, channel: str, language: str, *, by: User | None) -> Template | None:
    try:
        text = default_text(kind, channel=channel, language=language)
    except UnknownText:
        return None
    return Template(
        key=kind,
        channel=channel,
        language=language,
        subject=text.subject,
        button=text.button,
        body=text.body,
        approved_by=by,
        approved_at=now(),
    )


@transaction.atomic
def ensure_default_schedule(by: User | None = None) -> Schedule:
    """The common schedule, published; left alone when any common schedule is."""
    published = Schedule.objects.filter(creditor__isnull=True, state="published").first()
    if published is not None:
        return published
    last = Schedule.objects.filter(name=SCHEDULE_NAME).order_by("-version").first()
    schedule = Schedule.objects.create(
        name=SCHEDULE_NAME,
        version=last.version + 1 if last else 1,
        state="published",
        created_by=by,
        published_by=by,
        published_at=now(),
    )
    Step.objects.bulk_create(
        Step(schedule=schedule, position=position, offset_days=day, channels=STEP_CHANNELS, template_key=key)
        for position, (day, key) in enumerate(STEPS, start=1)
    )
    return schedule
