"""Payments (what should be collected), attempts (what was asked of a provider), and the inbox of provider notices."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Account
from common.clock import now
from common.ids import public_reference
from common.money import Money
from common.rows import Row
from common.states import StateTable
from payments.models.ledger import JournalEntry
from payments.models.links import PaymentLink
from payments.models.plans import Instalment
from wallets.models import Mandate, PaymentMethod, Provider
from wallets.providers.ways import paid_with_words

PAYMENT_STATES = StateTable(
    "payment",
    {
        "open": ("succeeded", "failed", "cancelled"),
        "succeeded": ("reversed",),
        "failed": ("succeeded",),
        "cancelled": ("succeeded",),
        "reversed": ("succeeded",),
    },
)
# "succeeded" can follow "failed", "closed" or "cancelled": money that arrives late has arrived, and a person is told.
# It follows "reversed" only when a dispute that took the money was won.
ATTEMPT_STATES = StateTable(
    "attempt",
    {
        "created": ("sending", "closed", "unknown"),
        "sending": ("requires_action", "pending", "succeeded", "failed", "unknown", "closed", "created"),
        "requires_action": ("pending", "succeeded", "failed", "closed", "unknown"),
        "pending": ("succeeded", "failed", "closed", "unknown"),
        "unknown": ("requires_action", "pending", "succeeded", "failed", "closed", "created"),
        "succeeded": ("reversed",),
        "failed": ("succeeded",),
        "closed": ("succeeded",),
        "reversed": ("succeeded",),
    },
)
OPEN_ATTEMPT_STATES = ("created", "sending", "requires_action", "pending", "unknown")


class Payment(Row):
    """At most one payment of an account is open at a time: a link payment and a debit exclude each other."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payments")
    link = models.ForeignKey(PaymentLink, null=True, blank=True, on_delete=models.PROTECT, related_name="payments")
    instalment = models.ForeignKey(Instalment, null=True, blank=True, on_delete=models.PROTECT, related_name="payments")
    state = models.CharField(max_length=10, choices=PAYMENT_STATES.choices, default="open")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=4)
    source = models.CharField(max_length=12, help_text="link, debit")
    request_key = models.CharField(max_length=64, blank=True, help_text="Of the form that asked for it: once per link.")
    entry = models.OneToOneField(JournalEntry, null=True, blank=True, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            PAYMENT_STATES.constraint("state", "payment_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=~Q(state="succeeded") | Q(entry__isnull=False), name="payment_succeeded_is_posted"
            ),
            models.UniqueConstraint(fields=["account"], condition=Q(state="open"), name="payment_one_open_per_account"),
            models.UniqueConstraint(
                fields=["link", "request_key"], condition=~Q(request_key=""), name="payment_once_per_link_request"
            ),
        ]
        indexes = [models.Index(fields=["finished_at"], condition=Q(state="succeeded"), name="payment_collected")]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("PAY", self.pk)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Attempt(Row):
    """One attempt = one merchant reference = one idempotency key. Committed before the provider is called."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="attempts")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="attempts")
    mandate = models.ForeignKey(Mandate, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts")
    method = models.ForeignKey(
        PaymentMethod,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="attempts",
        help_text="The saved wallet the payer chose to pay with, without its page.",
    )
    merchant_reference = models.CharField(max_length=64)
    provider_reference = models.CharField(max_length=128, blank=True)
    state = models.CharField(max_length=16, choices=ATTEMPT_STATES.choices, default="created")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=4)
    decline_code = models.CharField(max_length=80, blank=True)
    decline_category = models.CharField(max_length=24, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    action = models.JSONField(null=True, blank=True, help_text="What the payer has to open, to show it again.")
    paid_with = models.CharField(
        max_length=80, blank=True, db_default="", default="", help_text="What the payer chose on the wallet's page."
    )
    save_method = models.BooleanField(default=False, help_text="The payer agreed that the wallet may be remembered.")
    needs_person = models.BooleanField(default=False, help_text="Left to a person; `reason` says why.")
    claimed_until = models.DateTimeField(null=True, blank=True)
    look_up_at = models.DateTimeField(null=True, blank=True)
    looked_up_at = models.DateTimeField(null=True, blank=True)
    look_ups = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            ATTEMPT_STATES.constraint("state", "attempt_state_known"),
            models.UniqueConstraint(fields=["provider", "merchant_reference"], name="attempt_reference_once"),
            models.UniqueConstraint(
                fields=["payment"], condition=Q(state__in=OPEN_ATTEMPT_STATES), name="attempt_one_open_per_payment"
            ),
            models.UniqueConstraint(
                fields=["mandate"],
                condition=Q(state__in=OPEN_ATTEMPT_STATES, mandate__isnull=False),
                name="attempt_one_open_per_mandate",
            ),
        ]
        indexes = [
            models.Index(fields=["look_up_at"], condition=Q(look_up_at__isnull=False), name="attempt_to_look_up"),
            models.Index(
                fields=["provider", "provider_reference"],
                condition=~Q(provider_reference=""),
                name="attempt_by_their_number",
            ),
            models.Index(
                fields=["mandate", "created_at"], condition=Q(mandate__isnull=False), name="attempt_by_mandate"
            ),
            models.Index(fields=["claimed_until"], condition=Q(state="sending"), name="attempt_claimed"),
            models.Index(fields=["id"], condition=Q(state="created"), name="attempt_to_send"),
            models.Index(fields=["id"], condition=Q(needs_person=True), name="attempt_for_a_person"),
        ]

    def __str__(self) -> str:
        return self.merchant_reference

    @property
    def wallet_words(self) -> str:
        """What the payer paid with, under the name they know it by."""
        return paid_with_words(self.paid_with) or self.provider.display_name

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class ProviderEvent(models.Model):
    """The inbox: every verified notice is stored once, then applied; refused ones are kept as evidence."""

    class Outcome(models.TextChoices):
        RECEIVED = "received"
        APPLIED = "applied"
        IGNORED = "ignored"
        REFUSED = "refused"
        NEEDS_PERSON = "needs_person"

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="events")
    dedupe_key = models.CharField(max_length=160)
    kind = models.CharField(max_length=40)
    merchant_reference = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.RECEIVED)
    reason = models.CharField(max_length=200, blank=True)
    times_received = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField(default=now)
    applied_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often applying it has failed.")
    next_try_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="When a person dealt with it.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "dedupe_key"], name="provider_event_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(outcome="received"), name="provider_event_waiting"),
            models.Index(
                fields=["id"], condition=Q(outcome="needs_person", seen_at=None), name="provider_event_for_person"
            ),
            models.Index(
                fields=["provider", "received_at"], condition=Q(kind="refusals"), name="provider_event_refusals"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.dedupe_key}"
