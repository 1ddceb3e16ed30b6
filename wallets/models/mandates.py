"""The mandates that debtors signed: what was agreed, how it was agreed, and whether it still holds."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.models.tracking import track_changes
from common.clock import now
from common.crypto.fields import BlindIndexField, EncryptedTextField
from common.ids import public_reference
from common.money import Money
from common.rows import Row
from common.states import StateTable
from wallets.models.methods import PaymentMethod
from wallets.models.register import Provider

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


REQUIRED_EVIDENCE = ("agreed_at", "ip", "user_agent")


def proof() -> models.Q:
    """The text agreed to and its version, and when, from which address and on which device it was agreed."""
    kept = models.Q(evidence__has_keys=REQUIRED_EVIDENCE)
    for name in REQUIRED_EVIDENCE:
        kept &= ~models.Q(**{f"evidence__{name}": ""}) & ~models.Q(**{f"evidence__{name}": None})
    return kept & ~models.Q(terms_version="") & ~models.Q(terms_text="")


class PeriodUnits(models.TextChoices):
    DAY = "day", _("days")
    MONTH = "month", _("months")


class Pausers(models.TextChoices):
    """Who paused it decides who may resume it: what a person paused, no provider's answer resumes."""

    DEBTOR = "debtor", _("the debtor")
    STAFF = "staff", _("our staff")
    PROVIDER = "provider", _("the wallet")


@track_changes
class Mandate(Row):
    """A recurring debit agreement: the terms as shown, the evidence, the cap, the state.

    `merchant_reference` is ours (the provider's external agreement number); `provider_reference` is theirs. On a saved
    wallet that is its token, with which it is debited: encrypted like a `PaymentMethod`'s, shown to nobody.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="mandates")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="mandates")
    payment_method = models.ForeignKey(PaymentMethod, null=True, blank=True, on_delete=models.PROTECT)
    merchant_reference = models.CharField(max_length=64, unique=True)
    provider_reference = EncryptedTextField(blank=True, default="")
    provider_reference_index = BlindIndexField(source="provider_reference", purpose="reference")
    state = models.CharField(max_length=8, choices=MANDATE_STATES.choices, default="pending")
    state_reason = models.CharField(max_length=200, blank=True)
    paused_by = models.CharField(max_length=8, blank=True, choices=Pausers.choices)
    currency = models.CharField(max_length=4)
    cap_minor = models.BigIntegerField(help_text=_("The most one debit may take."))
    period = models.PositiveSmallIntegerField(default=30, help_text=_("At most one debit in so many units."))
    period_unit = models.CharField(max_length=5, choices=PeriodUnits.choices, default=PeriodUnits.DAY)
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
    checked_at = models.DateTimeField(null=True, blank=True, help_text=_("When the provider was last asked about it."))
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            MANDATE_STATES.constraint("state", "mandate_state_known"),
            models.CheckConstraint(condition=models.Q(cap_minor__gt=0), name="mandate_cap_positive"),
            models.CheckConstraint(
                condition=models.Q(period__gt=0, period_unit__in=PeriodUnits.values), name="mandate_period_sane"
            ),
            models.CheckConstraint(
                condition=models.Q(state="paused") ^ models.Q(paused_by=""), name="mandate_pause_has_an_author"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=MANDATE_STATES.final) | models.Q(ended_at__isnull=False),
                name="mandate_end_is_dated",
            ),
            models.CheckConstraint(condition=~models.Q(state="active") | proof(), name="mandate_active_is_proven"),
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(state__in=["active", "paused"]),
                name="mandate_one_live_per_account",
            ),
        ]
        indexes = [
            models.Index(
                fields=["revoke_due_at"], condition=models.Q(revoke_due_at__isnull=False), name="mandate_to_revoke"
            ),
            models.Index(
                fields=["checked_at"],
                condition=models.Q(state__in=["pending", "active", "paused"]),
                name="mandate_to_check",
            ),
            models.Index(
                fields=["provider", "provider_reference_index"],
                condition=~models.Q(provider_reference_index=""),
                name="mandate_by_their_number",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("MND", self.pk)

    @property
    def is_proven(self) -> bool:
        """Whether the agreement can be shown to anybody who doubts it. Without that nothing is debited."""
        return bool(self.terms_version and self.terms_text and all(map(self.evidence.get, REQUIRED_EVIDENCE)))

    @property
    def shares_its_wallet(self) -> bool:
        """It draws on a wallet that was saved while paying. That wallet stays when the agreement ends."""
        return self.payment_method is not None and self.payment_method.is_chargeable

    @property
    def cap(self) -> Money:
        return Money(self.cap_minor, self.currency)
