"""Contact policies (dated data) and the decisions taken under them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Creditor, Debtor
from accounts.models.tracking import track_changes
from common.clock import now


@track_changes
class ContactPolicy(models.Model):
    """When and how often a person may be contacted. Every policy that matches binds; the most restrictive wins."""

    name = models.CharField(max_length=80)
    country = models.CharField(max_length=2, blank=True, help_text=_("Empty: every country."))
    creditor = models.ForeignKey(Creditor, null=True, blank=True, on_delete=models.CASCADE)
    channel = models.CharField(max_length=12, blank=True, help_text=_("Empty: every channel."))
    window_start = models.TimeField(help_text=_("Local time of the debtor, inclusive."))
    window_end = models.TimeField(help_text=_("Local time of the debtor, exclusive."))
    allow_saturday = models.BooleanField(default=True)
    allow_sunday = models.BooleanField(default=True)
    allow_holidays = models.BooleanField(default=True, help_text=_("Public holidays of the debtor's country."))
    daily_cap = models.PositiveSmallIntegerField()
    weekly_cap = models.PositiveSmallIntegerField()
    needs_consent = models.BooleanField(default=False)
    citation = models.CharField(max_length=200, blank=True)
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(window_start__lt=models.F("window_end")), name="contact_policy_window_forward"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Decision(models.Model):
    """What the gate said, when, about whom, and every rule that spoke: kept whether it allowed or not."""

    class Verdict(models.TextChoices):
        ALLOW = "allow", _("Allowed")
        DEFER = "defer", _("Later")
        BLOCK = "block", _("Blocked")
        REVIEW = "review", _("A person decides")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="decisions")
    debtor = models.ForeignKey(Debtor, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    action = models.CharField(max_length=16)
    channel = models.CharField(max_length=12, blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    until = models.DateTimeField(null=True, blank=True)
    reasons = models.JSONField(default=list)
    facts_digest = models.CharField(max_length=64)
    decided_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.verdict} {self.action} {self.channel}"


class ContactCount(models.Model):
    """Contacts reserved for a debtor on one local day; read and raised only under the debtor's row lock.

    One lock per person, not per row: a cap counts across channels and across the days of a week.
    """

    debtor = models.ForeignKey(Debtor, on_delete=models.CASCADE, related_name="contact_counts")
    day = models.DateField()
    channel = models.CharField(max_length=12)
    count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["debtor", "day", "channel"], name="contact_count_per_day_and_channel")
        ]

    def __str__(self) -> str:
        return f"{self.count} on {self.day}"
