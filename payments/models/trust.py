"""Money a wallet has paid out to our bank: from its clearing to the trust account, where it waits for the creditors."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.clock import now
from common.ids import public_reference
from common.money import Money
from common.states import StateTable
from wallets.models import Provider

TRANSFER_STATES = StateTable(
    "transfer to trust",
    {"recorded": ("confirmed", "rejected"), "confirmed": ("returned",), "rejected": (), "returned": ()},
)

# The kinds of entries. No statement of payments shows a pay-out, so none is expected to.
TRANSFER = "trust_transfer"
TRANSFERS = (TRANSFER, f"{TRANSFER}_reversal")


class TrustTransfer(models.Model):
    """One pay-out of a wallet as our bank booked it. Recorded by one person, posted when another confirms it.

    `returned`: the bank took it back afterwards; a mirror of what was posted says so.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="trust_transfers")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=4)
    arrived_on = models.DateField(help_text=_("The day our bank booked it."))
    bank_reference = models.CharField(max_length=80)
    state = models.CharField(max_length=9, choices=TRANSFER_STATES.choices, default="recorded")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            TRANSFER_STATES.constraint("state", "trust_transfer_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="trust_transfer_amount_positive"),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "returned"])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("recorded_by"))),
                name="trust_transfer_four_eyes",
            ),
            models.UniqueConstraint(
                fields=["provider", "currency", "bank_reference"],
                condition=~Q(state="rejected"),
                name="trust_transfer_once",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("TRF", self.pk)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
