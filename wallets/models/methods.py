"""The wallets a debtor has linked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Debtor
from accounts.models.tracking import track_changes
from common.clock import now
from common.crypto.fields import BlindIndexField, EncryptedTextField
from common.ids import uuid7
from wallets.models.register import Provider


@track_changes
class PaymentMethod(models.Model):
    """A debtor's linked wallet. `token` is how the provider knows it: encrypted, shown to nobody.

    One that was saved while paying is debited by its token; removed, it keeps the token until the provider forgot it.
    `hint` is what the payer recognises it by ("•••• 4242"); `label` is the name they gave it.
    """

    class Origin(models.TextChoices):
        MANDATE = "mandate", _("by signing an agreement")
        PAYMENT = "payment", _("while paying")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    debtor = models.ForeignKey(Debtor, on_delete=models.CASCADE, related_name="payment_methods")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT)
    label = models.CharField(max_length=60, blank=True)
    hint = models.CharField(max_length=40, blank=True)
    token = EncryptedTextField(blank=True, default="")
    token_index = BlindIndexField(source="token", purpose="reference")
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.MANDATE)
    position = models.PositiveSmallIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    detach_due_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When to tell the provider (again) to forget this wallet.")
    )
    detach_tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["position", "created_at"]
        indexes = [
            models.Index(fields=["detach_due_at"], condition=Q(detach_due_at__isnull=False), name="method_to_detach")
        ]
        constraints = [
            models.CheckConstraint(condition=Q(origin__in=["mandate", "payment"]), name="payment_method_origin_known"),
            models.CheckConstraint(
                condition=Q(detach_due_at__isnull=True) | Q(removed_at__isnull=False),
                name="payment_method_detached_when_removed",
            ),
            models.UniqueConstraint(
                fields=["debtor", "provider", "token_index"],
                condition=Q(removed_at__isnull=True),
                name="payment_method_linked_once",
            ),
        ]

    def __str__(self) -> str:
        return self.label or str(self.provider_id)

    @property
    def is_chargeable(self) -> bool:
        """Saved while paying: the provider debits it by its token, without another signature."""
        return self.removed_at is None and self.origin == self.Origin.PAYMENT and bool(self.token)

    @property
    def display_name(self) -> str:
        """The name they gave it, else what they know it by, else its wallet's; with its last digits where known."""
        if not self.label and self.hint:
            return self.hint
        return " ".join(part for part in (self.label or self.provider.display_name, self.hint) if part)
