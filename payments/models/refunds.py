"""Money that goes back: refunds we make (or find made), disputes that take it, and surpluses that are moved on."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, User
from common.clock import now
from common.ids import public_reference
from common.money import Money
from common.states import StateTable
from payments.models.ledger import JournalEntry
from payments.models.payments import Attempt, Payment
from wallets.models import Provider

REFUND_STATES = StateTable(
    "refund",
    {
        "requested": ("approved", "rejected"),
        "approved": ("sending", "succeeded", "rejected"),
        "sending": ("approved", "pending", "succeeded", "failed", "unknown"),
        "pending": ("succeeded", "failed", "unknown"),
        "unknown": ("approved", "pending", "succeeded", "failed"),
        "succeeded": ("failed",),
        "failed": ("succeeded",),
        "rejected": (),
    },
)
# "succeeded" can turn to "failed": a payer's bank may send the money back to us days later. "failed" can turn to
# "succeeded": money that went after all has gone.
LIVE_REFUND_STATES = ("requested", "approved", "sending", "pending", "unknown", "succeeded")
SENT_REFUND_STATES = ("sending", "pending", "unknown", "succeeded")
ASKED_REFUND_STATES = ("sending", "pending", "unknown")
SURPLUS_STATES = StateTable("surplus decision", {"requested": ("done", "rejected"), "done": (), "rejected": ()})


class Refund(models.Model):
    """One sum given back of one attempt's money. Requested by one person, approved by another, claimed before the call.

    Of a transfer to our own bank account there is no attempt and no provider: it goes back by our own transfer.
    A trigger keeps the live refunds and the open disputes of an attempt within its amount.
    """

    class Purpose(models.TextChoices):
        OWED_AGAIN = "owed_again", _("Give the money back; it is owed again")
        OVERPAYMENT = "overpayment", _("Return what was paid too much")

    class Way(models.TextChoices):
        WALLET = "wallet", _("Through the wallet")
        TRANSFER = "transfer", _("By our own transfer")

    class Origin(models.TextChoices):
        STAFF = "staff", _("Asked for here")
        PROVIDER = "provider", _("Made at the wallet itself")

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    attempt = models.ForeignKey(Attempt, null=True, blank=True, on_delete=models.PROTECT, related_name="refunds")
    provider = models.ForeignKey(Provider, null=True, blank=True, on_delete=models.PROTECT, related_name="refunds")
    merchant_reference = models.CharField(max_length=64)
    provider_reference = models.CharField(max_length=128, blank=True)
    state = models.CharField(max_length=10, choices=REFUND_STATES.choices, default="requested")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=4)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    way = models.CharField(max_length=8, choices=Way.choices, default=Way.WALLET)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.STAFF)
    reason = models.CharField(max_length=200)
    requested_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="refunds_requested")
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="refunds_decided")
    decision = models.CharField(max_length=200, blank=True)
    decline_code = models.CharField(max_length=80, blank=True)
    problem = models.CharField(max_length=200, blank=True)
    needs_person = models.BooleanField(default=False, help_text="Left to a person; `problem` says why.")
    claimed_until = models.DateTimeField(null=True, blank=True)
    look_up_at = models.DateTimeField(null=True, blank=True, help_text="When to send it, or to ask about it, next.")
    look_ups = models.PositiveSmallIntegerField(default=0)
    entry = models.OneToOneField(JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="refund")
    undone = models.OneToOneField(
        JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="undone_refund"
    )
    requested_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            REFUND_STATES.constraint("state", "refund_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(state="rejected")
                | Q(requested_by=None)
                | Q(decided_by=None)
                | ~Q(requested_by=F("decided_by")),
                name="refund_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(origin="provider") | Q(state="requested") | Q(decided_by__isnull=False),
                name="refund_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(origin="provider") | Q(requested_by__isnull=False), name="refund_requested_by_somebody"
            ),
            models.CheckConstraint(
                condition=~Q(state="succeeded") | Q(entry__isnull=False), name="refund_succeeded_is_posted"
            ),
            models.CheckConstraint(
                condition=Q(attempt__isnull=False, provider__isnull=False)
                | Q(attempt=None, provider=None, way="transfer", origin="staff"),
                name="refund_without_wallet_is_a_transfer",
            ),
            models.UniqueConstraint(fields=["provider", "merchant_reference"], name="refund_reference_once"),
        ]
        indexes = [
            models.Index(fields=["look_up_at"], condition=Q(look_up_at__isnull=False), name="refund_to_look_up"),
            models.Index(fields=["id"], condition=Q(state="requested"), name="refund_to_decide"),
            models.Index(fields=["id"], condition=Q(needs_person=True), name="refund_for_a_person"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("RFD", self.pk)

    @property
    def source(self) -> Attempt | Payment:
        """What its money came with: a wallet's attempt, or the payment that was a transfer to our own account."""
        return self.attempt or self.payment

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Dispute(models.Model):
    """What a payer claimed back at the wallet, all of a payment or a part; posted when it goes and when it returns."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="disputes")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="disputes")
    provider_reference = models.CharField(max_length=128)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=4)
    reason = models.CharField(max_length=80, blank=True)
    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, related_name="dispute")
    returned = models.OneToOneField(
        JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="returned_dispute"
    )
    taken_at = models.DateTimeField(default=now)
    returned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="dispute_amount_positive"),
            models.UniqueConstraint(fields=["provider", "provider_reference"], name="dispute_reference_once"),
        ]

    def __str__(self) -> str:
        return self.provider_reference

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class SurplusDecision(models.Model):
    """What becomes of money paid beyond the debt: set against another account of the same person, or kept as credit.

    Giving it back is a `Refund`. `to_account` empty means: kept as credit. Moving it needs a second person.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="surplus_decisions")
    to_account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="surpluses_received"
    )
    state = models.CharField(max_length=9, choices=SURPLUS_STATES.choices, default="requested")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=4)
    reason = models.CharField(max_length=200)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="surpluses_requested")
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="surpluses_decided")
    decision = models.CharField(max_length=200, blank=True)
    entry = models.OneToOneField(JournalEntry, null=True, blank=True, on_delete=models.PROTECT)
    requested_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            SURPLUS_STATES.constraint("state", "surplus_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="surplus_amount_positive"),
            models.CheckConstraint(
                condition=Q(to_account=None)
                | Q(state="rejected")
                | Q(decided_by=None)
                | ~Q(requested_by=F("decided_by")),
                name="surplus_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(to_account=None) | ~Q(state="done") | Q(decided_by__isnull=False, entry__isnull=False),
                name="surplus_moved_is_posted",
            ),
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="requested"), name="surplus_one_question_per_account"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("SUR", self.pk)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
