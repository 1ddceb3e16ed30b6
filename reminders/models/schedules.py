"""Schedules, their steps and the texts they use."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Creditor, User
from accounts.models.tracking import track_changes
from common.clock import now
from common.states import StateTable
from reminders.models.channels import CHANNELS

SCHEDULE_STATES = StateTable(
    "schedule",
    {
        "draft": ("proposed",),
        "proposed": ("published", "draft"),
        "published": ("retired",),
        "retired": ("published",),  # what two people agreed to once may return by one
    },
)


@track_changes
class Schedule(models.Model):
    """One version of a reminder schedule. Publishing a new version retires the old; nothing is edited in place."""

    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    creditor = models.ForeignKey(Creditor, null=True, blank=True, on_delete=models.CASCADE, related_name="schedules")
    state = models.CharField(max_length=10, choices=SCHEDULE_STATES.choices, default="draft")
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    proposed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    proposed_reason = models.CharField(max_length=200, blank=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="schedule_version_once"),
            SCHEDULE_STATES.constraint("state", "schedule_state_known"),
            models.UniqueConstraint(
                fields=["creditor"],
                condition=Q(state="published"),
                nulls_distinct=False,
                name="schedule_one_published_per_creditor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


@track_changes
class Step(models.Model):
    """`offset_days` counts from the due date (negative: before it). Channels are tried in order of preference.

    With `after_previous` the step counts from the day the reminder before it was sent, and belongs to the days of the
    last step that counts from the due date, whose `offset_days` it carries. Empty conditions fit everybody.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    offset_days = models.SmallIntegerField()
    after_previous = models.PositiveSmallIntegerField(null=True, blank=True)
    channels = ArrayField(models.CharField(max_length=8, choices=CHANNELS))
    silence_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("Without a click, answer or payment for so long, the next channel follows.")
    )
    template_key = models.SlugField(max_length=40)
    # Hundredths of the main unit, whatever the account's currency.
    minimum_minor = models.BigIntegerField(default=0)
    maximum_minor = models.BigIntegerField(null=True, blank=True)
    products = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    segments = ArrayField(models.CharField(max_length=24), default=list, blank=True, db_default=[])
    languages = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    reachable_by = models.CharField(max_length=8, blank=True, choices=CHANNELS)

    class Meta:
        ordering = ["schedule_id", "position"]
        constraints = [models.UniqueConstraint(fields=["schedule", "position"], name="step_position_per_schedule")]

    def __str__(self) -> str:
        return f"day {self.offset_days:+d}: {self.template_key}"


@track_changes
class Template(models.Model):
    """Approved words for one purpose, channel and language; a change is a new version."""

    key = models.SlugField(max_length=40)
    channel = models.CharField(max_length=8, choices=CHANNELS)
    language = models.CharField(max_length=12)
    version = models.PositiveIntegerField(default=1)
    subject = models.CharField(max_length=150, blank=True)
    button = models.CharField(max_length=60, blank=True, help_text=_("Label of the link in an e-mail."))
    body = models.TextField()
    written_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    why = models.CharField(max_length=200, blank=True, db_default="")
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)
    approved_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    refused_why = models.CharField(max_length=200, blank=True, db_default="")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "channel", "language", "version"], name="template_version_once"),
            models.CheckConstraint(
                condition=Q(written_by__isnull=True)
                | Q(approved_by__isnull=True)
                | ~Q(written_by=models.F("approved_by")),
                name="template_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True) | Q(refused_at__isnull=True), name="template_decided_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.channel} {self.language} v{self.version}"
