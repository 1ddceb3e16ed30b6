"""How fast each sender may send."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.clock import real_now
from reminders.models.channels import CHANNELS


class SendingLimit(models.Model):
    """What a provider takes from one sender. What goes beyond waits with us, where a payment still cancels it, instead
    of in the provider's queue, where nothing does.

    `room` is how many may leave at this moment; it fills up in real time and is claimed together with the messages.
    """

    channel = models.CharField(max_length=8, choices=CHANNELS)
    sender = models.CharField(max_length=120, help_text=_("The number or address that messages leave from."))
    tier = models.CharField(
        max_length=60, blank=True, help_text=_("As the provider calls it. Empty: the one a sender begins with.")
    )
    per_minute = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    per_day = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    room = models.FloatField(default=1)
    counted_at = models.DateTimeField(default=real_now)
    day = models.DateField(null=True, blank=True, help_text=_("The day in UTC that `taken` counts."))
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "sender"], name="sending_limit_once_per_sender"),
            models.CheckConstraint(
                condition=Q(per_minute__gte=1) & (Q(per_day__isnull=True) | Q(per_day__gte=1)),
                name="sending_limit_lets_something_through",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.sender}"
