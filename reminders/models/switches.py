"""Kill switches of contact."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Creditor, User
from accounts.models.tracking import track_changes
from common.clock import now
from reminders.models.channels import CHANNELS


@track_changes
class ContactSwitch(models.Model):
    """A kill switch: while `ended_at` is empty, what it covers is not sent. Exactly what is not covered is empty."""

    class Scope(models.TextChoices):
        EVERYTHING = "everything", _("everything")
        CHANNEL = "channel", _("a channel")
        CREDITOR = "creditor", _("a creditor")
        SCHEDULE = "schedule", _("a schedule")

    scope = models.CharField(max_length=10, choices=Scope.choices)
    channel = models.CharField(max_length=8, blank=True, choices=CHANNELS)
    creditor = models.ForeignKey(Creditor, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    schedule_name = models.CharField(max_length=80, blank=True, help_text=_("Every version of that name."))
    reason = models.CharField(max_length=200)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(default=now)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "channel", "creditor", "schedule_name"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="contact_switch_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.channel}{self.creditor or ''}{self.schedule_name}".strip()
