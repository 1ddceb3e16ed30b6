"""What the creditor gets of the money collected for it, period by period, and the terms this follows."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Creditor, User
from common.clock import now
from common.ids import public_reference
from common.money import Money
from common.states import StateTable
from payments.models.ledger import JournalEntry, Posting

# "carried": approved, but nothing is left to pay out; what is missing goes into the next one.
REMITTANCE_STATES = StateTable(
    "remittance",
    {
        "draft": ("approved", "carried", "cancelled"),
        "approved": ("paid", "cancelled"),
        "carried": ("cancelled",),
        "paid": (),
        "cancelled": (),
    },
)
STANDING = ~Q(state="cancelled")
DECIDED = Q(state__in=["approved", "carried", "paid"])


class Way(models.TextChoices):
    NET = "net", _("Net: commission and fees are kept back")
    GROSS = "gross", _("Gross: all of it is paid out, commission and fees are invoiced")


class CommissionTerms(models.Model):
    """What was agreed with a creditor, by currency. Never changed: new terms are a new row; the last set of a day wins.

    Rates count hundredths of a percent. `tier_days` are the ages a tier begins at, `tier_rates` what holds from there.
    """

    class Basis(models.TextChoices):
        ACCOUNT = "account", _("A flat amount once per account, with its first money")
        PAYMENT = "payment", _("A flat amount per payment")
        PERCENT = "percent", _("A percentage of what is collected")
        TIERED = "tiered", _("A percentage by the age of the debt when it was placed")

    class Cadence(models.TextChoices):
        WEEKLY = "weekly", _("Every week, Monday to Sunday")
        MONTHLY = "monthly", _("Every month")

    class Rounding(models.TextChoices):
        HALF_EVEN = "half_even", _("Half to even")
        HALF_UP = "half_up", _("Half up")
        DOWN = "down", _("Down, in the creditor's favour")

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="commission_terms")
    currency = models.CharField(max_length=4)
    valid_from = models.DateField(help_text=_("For money that moves on or after this day."))
    basis = models.CharField(max_length=8, choices=Basis.choices)
    flat_minor = models.BigIntegerField(default=0)
    rate = models.PositiveIntegerField(default=0)
    tier_days = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    tier_rates = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    rounding = models.CharField(max_length=10, choices=Rounding.choices, default=Rounding.HALF_EVEN)
    fees_passed_on = models.BooleanField(default=False)
    direct_counts = models.BooleanField(
        default=True, help_text=_("Commission is also due on what debtors pay to the creditor itself.")
    )
    way = models.CharField(max_length=5, choices=Way.choices, default=Way.NET)
    cadence = models.CharField(max_length=8, choices=Cadence.choices, default=Cadence.MONTHLY)
    zone = models.CharField(max_length=40, default="UTC", help_text=_("Whose days they are, such as Asia/Shanghai."))
    set_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rate__lte=10_000, flat_minor__gte=0), name="commission_terms_amounts_sensible"
            ),
            models.CheckConstraint(
                condition=Q(tier_days__len=F("tier_rates__len")), name="commission_terms_tiers_pair_up"
            ),
        ]
        indexes = [models.Index(fields=["creditor", "currency", "valid_from"], name="commission_terms_by_day")]

    def __str__(self) -> str:
        return f"{self.basis} from {self.valid_from}"


class Remittance(models.Model):
    """One period of one creditor in one currency. Both days belong to it; `previous` chains them without a gap or fork.

    `carried_in_minor` and `carried_out_minor` are never positive: what the creditor has had too much.
    """

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="remittances")
    currency = models.CharField(max_length=4)
    first_day = models.DateField()
    last_day = models.DateField()
    previous = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="following")
    way = models.CharField(max_length=5, choices=Way.choices)
    state = models.CharField(max_length=10, choices=REMITTANCE_STATES.choices, default="draft")
    collected_minor = models.BigIntegerField(default=0)
    taken_back_minor = models.BigIntegerField(default=0)
    direct_minor = models.BigIntegerField(default=0)
    commission_minor = models.BigIntegerField(default=0)
    fees_minor = models.BigIntegerField(default=0, help_text=_("Provider fees the creditor bears."))
    fees_kept_minor = models.BigIntegerField(default=0, help_text=_("Provider fees we bear."))
    carried_in_minor = models.BigIntegerField(default=0)
    payout_minor = models.BigIntegerField(default=0)
    carried_out_minor = models.BigIntegerField(default=0)
    trust_minor = models.BigIntegerField(default=0, help_text=_("On the trust account at the end of the period."))
    clearing_minor = models.BigIntegerField(default=0, help_text=_("Still with the wallets at the end of the period."))
    drafted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(default=now)
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    paid_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    paid_at = models.DateTimeField(null=True, blank=True)
    bank_reference = models.CharField(max_length=80, blank=True)
    cancelled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    entry = models.OneToOneField(JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    payout_entry = models.OneToOneField(JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # How far it has seen (`payments.remittance.watermark`); nothing in remittances drafted before there were marks.
    seen_below = models.BigIntegerField(null=True, editable=False)
    seen_by = models.CharField(max_length=20, db_default="", editable=False)

    class Meta:
        constraints = [
            REMITTANCE_STATES.constraint("state", "remittance_state_known"),
            models.UniqueConstraint(
                fields=["creditor", "currency", "first_day"], condition=STANDING, name="remittance_period_once"
            ),
            models.UniqueConstraint(fields=["previous"], condition=STANDING, name="remittance_follows_once"),
            models.UniqueConstraint(
                fields=["creditor", "currency"], condition=STANDING & Q(previous=None), name="remittance_begins_once"
            ),
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="remittance_days_in_order"),
            models.CheckConstraint(
                condition=Q(
                    way=Way.NET,
                    payout_minor=F("collected_minor")
                    + F("taken_back_minor")
                    + F("carried_in_minor")
                    - F("commission_minor")
                    - F("fees_minor")
                    - F("carried_out_minor"),
                )
                | Q(
                    way=Way.GROSS,
                    payout_minor=F("collected_minor")
                    + F("taken_back_minor")
                    + F("carried_in_minor")
                    - F("carried_out_minor"),
                ),
                name="remittance_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(payout_minor__gte=0, carried_out_minor=0) | Q(payout_minor=0, carried_out_minor__lt=0),
                name="remittance_pays_or_carries",
            ),
            models.CheckConstraint(
                condition=~DECIDED | Q(approved_by__isnull=False), name="remittance_approved_by_somebody"
            ),
            models.CheckConstraint(
                condition=~DECIDED | Q(drafted_by=None) | ~Q(drafted_by=F("approved_by")), name="remittance_four_eyes"
            ),
            models.CheckConstraint(
                condition=~Q(state="paid")
                | (Q(paid_by__isnull=False, payout_entry__isnull=False) & ~Q(bank_reference="")),
                name="remittance_paid_with_reference",
            ),
            models.CheckConstraint(
                condition=~Q(state="paid") | ~Q(paid_by=F("approved_by")), name="remittance_payer_did_not_approve"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("REM", self.pk)

    def money(self, name: str) -> Money:
        return Money(getattr(self, f"{name}_minor"), self.currency)

    @property
    def payout(self) -> Money:
        return self.money("payout")

    @property
    def invoiced_minor(self) -> int:
        return self.commission_minor + self.fees_minor if self.way == Way.GROSS else 0


class RemittanceLine(models.Model):
    """One posting of the ledger in one remittance. `live` until the remittance is cancelled: then it is free again.

    `origin` is the entry the money first came with: a later reversal or refund shares its terms and its rounding.
    """

    class Kind(models.TextChoices):
        COLLECTED = "collected", _("Collected")
        TAKEN_BACK = "taken_back", _("Taken back or refunded")
        DIRECT = "direct", _("Paid to the creditor itself")
        FEE = "fee", _("Provider fee")

    remittance = models.ForeignKey(Remittance, on_delete=models.PROTECT, related_name="lines")
    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="remittance_lines")
    live = models.BooleanField(default=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    origin = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="+")
    terms = models.ForeignKey(CommissionTerms, null=True, on_delete=models.PROTECT, related_name="+")
    age_days = models.IntegerField(null=True, help_text=_("Of the debt when it was placed."))
    effective_at = models.DateTimeField()
    late = models.BooleanField(
        default=False, help_text=_("Of an earlier period that was closed when we learned of it.")
    )
    amount_minor = models.BigIntegerField(help_text=_("Negative when it was taken back; of a fee, its amount."))
    commission_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0, help_text=_("The part of the fee the creditor bears."))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["posting"], condition=Q(live=True), name="remittance_line_posting_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor}"
