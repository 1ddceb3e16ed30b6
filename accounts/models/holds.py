"""Holds: what may not be done, to whom, from when until when, and why."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.debtors import Debtor
from accounts.models.debts import Account
from accounts.models.tracking import track_changes
from accounts.models.users import User
from common.clock import now

EVERYTHING = ["contact", "debit", "interest", "furnish"]


@track_changes
class Hold(models.Model):
    """`account` empty means every account of the debtor. `blocks` lists contact, debit, interest, furnish."""

    class Kind(models.TextChoices):
        DISPUTE = "dispute", _("Dispute")
        HARDSHIP = "hardship", _("Hardship")
        BREATHING_SPACE = "breathing_space", _("Breathing space")
        BANKRUPTCY = "bankruptcy", _("Bankruptcy")
        DECEASED = "deceased", _("Deceased")
        CEASE = "cease", _("Asked us to stop")
        REPRESENTED = "represented", _("Represented")
        VULNERABLE = "vulnerable", _("Vulnerable")
        COMPLAINT = "complaint", _("Complaint")

    debtor = models.ForeignKey(Debtor, on_delete=models.CASCADE, related_name="holds")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="holds")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    blocks = ArrayField(models.CharField(max_length=10), default=list)
    reason = models.CharField(max_length=200)
    starts_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField(null=True, blank=True)
    review_on = models.DateField(null=True, blank=True)
    placed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        indexes = [models.Index(fields=["debtor", "ends_at"], name="hold_by_debtor")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gte=models.F("starts_at")),
                name="hold_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} hold"
