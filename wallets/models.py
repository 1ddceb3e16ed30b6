"""The provider register, a debtor's linked wallets, and the mandates they signed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Debtor
from accounts.models.tracking import track_changes
from common.clock import now
from common.crypto.fields import EncryptedTextField
from common.ids import public_reference, uuid7
from common.money import Money
from common.states import StateTable
from wallets.words import wallet_words

MANDATE_STATES = StateTable(
    "mandate",
    {
        "pending": ("active", "revoked", "expired"),
        "active": ("paused", "revoked", "expired"),
        "paused": ("active", "revoked", "expired"),
        "revoked": (),
        "expired": (),
    },
)
PROVIDER_STATES = StateTable(
    "provider",
    {"draft": ("vetted",), "vetted": ("switched_off", "draft"), "switched_off": ("vetted", "draft")},
)


@track_changes
class Provider(models.Model):
    """A wallet provider as vetted by compliance. Credentials are files in the secrets folder, never columns."""

    key = models.SlugField(max_length=24, unique=True)
    name = models.CharField(max_length=60)
    licence = models.CharField(max_length=200, blank=True)
    regions = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    currencies = ArrayField(models.CharField(max_length=4), default=list, blank=True)
    status = models.CharField(max_length=12, choices=PROVIDER_STATES.choices, default="draft")
    status_reason = models.CharField(max_length=200, blank=True)
    review_due = models.DateField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0, help_text=_("Order on the pay page and in fail-over."))
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["position", "name"]
        constraints = [PROVIDER_STATES.constraint("status", "provider_status_known")]

    def __str__(self) -> str:
        return self.name

    @property
    def display_name(self) -> str:
        """In the reader's language; `name` is the one on record."""
        return wallet_words(self.name)


@track_changes
class PaymentMethod(models.Model):
    """A debtor's linked wallet. `token` is what the provider gave us to charge it: encrypted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    debtor = models.ForeignKey(Debtor, on_delete=models.CASCADE, related_name="payment_methods")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT)
    label = models.CharField(max_length=60, blank=True)
    token = EncryptedTextField(blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0)
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.label or str(self.provider_id)


@track_changes
class Mandate(models.Model):
    """A recurring debit agreement: the terms as shown, the evidence, the cap, the state.

    `merchant_reference` is ours (the provider's external agreement number); `provider_reference` is theirs.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="mandates")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="mandates")
    payment_method = models.ForeignKey(PaymentMethod, null=True, blank=True, on_delete=models.PROTECT)
    merchant_reference = models.CharField(max_length=64, unique=True)
    provider_reference = models.CharField(max_length=128, blank=True)
    state = models.CharField(max_length=8, choices=MANDATE_STATES.choices, default="pending")
    state_reason = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=4)
    cap_minor = models.BigIntegerField(help_text=_("The most one debit may take."))
    period_days = models.PositiveSmallIntegerField(default=30)
    first_debit_on = models.DateField()
    terms_version = models.CharField(max_length=24)
    terms_text = models.TextField()
    evidence = models.JSONField(default=dict, help_text=_("When, from which address and device the terms were agreed."))
    valid_until = models.DateField(null=True, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    revoke_due_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When to tell the provider (again) that this mandate has ended.")
    )
    revoke_tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            MANDATE_STATES.constraint("state", "mandate_state_known"),
            models.CheckConstraint(condition=models.Q(cap_minor__gt=0), name="mandate_cap_positive"),
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(state__in=["active", "paused"]),
                name="mandate_one_live_per_account",
            ),
        ]
        indexes = [
            models.Index(
                fields=["revoke_due_at"], condition=models.Q(revoke_due_at__isnull=False), name="mandate_to_revoke"
            )
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("MND", self.pk)

    @property
    def cap(self) -> Money:
        return Money(self.cap_minor, self.currency)
