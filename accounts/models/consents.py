"""What a person agreed to or refused, channel by channel, with the evidence."""

from __future__ import annotations

from django.db import models

from accounts.models.debtors import ContactPoint, Debtor
from accounts.models.tracking import track_changes
from common.clock import now

# Where a creditor's word comes from; every other source is the person.
CREDITORS_WORD = ("api", "placement file")


@track_changes
class Consent(models.Model):
    """The newest row for a debtor and channel ("*" = every channel) binds; a withdrawal is a row of its own.

    One exception: a creditor's yes never outdoes a no that the person told us.
    """

    debtor = models.ForeignKey(Debtor, on_delete=models.CASCADE, related_name="consents")
    contact_point = models.ForeignKey(ContactPoint, null=True, blank=True, on_delete=models.CASCADE)
    channel = models.CharField(max_length=12)
    purpose = models.CharField(max_length=24, default="collection")
    granted = models.BooleanField()
    evidence = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["debtor", "channel", "-recorded_at"], name="consent_latest")]

    def __str__(self) -> str:
        return f"{self.channel} {'granted' if self.granted else 'withdrawn'}"

    @property
    def by_person(self) -> bool:
        return self.evidence.get("source") not in CREDITORS_WORD
