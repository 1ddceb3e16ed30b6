"""Letters on paper, in batches."""

from __future__ import annotations

from django.db import models

from accounts.models import User
from common.clock import now
from reminders.models.messages import Message


class LetterBatch(models.Model):
    """Letters printed together. Its pages are made from the stored words, the same each time."""

    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)
    posted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"batch {self.pk}"


class Letter(models.Model):
    """One letter of a batch, in the order of its pages."""

    batch = models.ForeignKey(LetterBatch, on_delete=models.PROTECT, related_name="letters")
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="letter")
    number = models.PositiveSmallIntegerField()
    returned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="letter_number_per_batch")]

    def __str__(self) -> str:
        return f"letter {self.number} of batch {self.batch_id}"
