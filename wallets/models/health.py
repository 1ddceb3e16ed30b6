"""How a provider has been answering, minute by minute: counted, never a row per call."""

from __future__ import annotations

from django.db import models

from wallets.models.register import Provider


class ProviderMinute(models.Model):
    """`answered`: any answer we could read, refusals included. `failed`: none, or one that was our own fault.

    `millis` is the sum over all calls of the minute.
    """

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="minutes", db_index=False)
    minute = models.DateTimeField()
    answered = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    millis = models.PositiveBigIntegerField(default=0)
    slowest = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=40, blank=True, help_text="The stable code of the minute's last failure.")
    error_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "minute"], name="provider_minute_once")]
        indexes = [models.Index(fields=["minute"], name="provider_minute_age")]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.minute:%Y-%m-%d %H:%M}"
