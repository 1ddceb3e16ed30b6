"""What providers' statements say, what the ledger expects of them, and the differences people have to settle."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Creditor, User
from common.clock import now
from common.ids import public_reference
from common.money import Money
from common.states import StateTable
from payments.models.ledger import JournalEntry, Posting
from payments.models.payments import Attempt
from wallets.models import Provider

RUN_STATES = StateTable(
    "statement", {"due": ("read", "unread", "lost"), "unread": ("read", "unread", "lost"), "read": (), "lost": ()}
)
ROW_STATES = StateTable(
    "reconciled row",
    {
        "open": ("matched", "item", "withdrawn"),
        "matched": ("open", "item", "withdrawn"),
        "item": ("matched", "open", "withdrawn"),
        "withdrawn": ("open",),
    },
)
ITEM_STATES = StateTable(
    "reconciliation item",
    {"open": ("proposed", "resolved"), "proposed": ("open", "resolved"), "resolved": ("open",)},
)


class StatementRun(models.Model):
    """One provider's books of one of its days. `lost`: the provider can never give them; people look elsewhere."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="statement_runs")
    day = models.DateField()
    state = models.CharField(max_length=8, choices=RUN_STATES.choices, default="due")
    content_hash = models.CharField(max_length=64, blank=True)
    lines_read = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=80, blank=True)
    next_try_at = models.DateTimeField(default=now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            RUN_STATES.constraint("state", "statement_run_state_known"),
            models.UniqueConstraint(fields=["provider", "day"], name="statement_run_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.day}"


class LedgerReading(models.Model):
    """How far the ledger was read for what a provider's statement has to show, and when last from its beginning."""

    provider = models.OneToOneField(Provider, on_delete=models.PROTECT, related_name="ledger_reading")
    read_at = models.DateTimeField(null=True, blank=True)
    read_whole_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.provider_id} {self.read_at}"


class StatementLine(models.Model):
    """One line of a provider's books. `key` is its own identity: what it says, and its place among its equals."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="statement_lines")
    run = models.ForeignKey(StatementRun, on_delete=models.PROTECT, related_name="lines")
    key = models.CharField(max_length=64)
    kind = models.CharField(max_length=12)
    merchant_reference = models.CharField(max_length=64, blank=True)
    provider_reference = models.CharField(max_length=128, blank=True)
    refund_reference = models.CharField(max_length=128, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=4)
    # Negative where a fee was given back.
    fee_minor = models.BigIntegerField(default=0)
    fee_currency = models.CharField(max_length=4)
    booked_at = models.DateTimeField()
    group_key = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=ROW_STATES.choices, default="open")
    creditor = models.ForeignKey(Creditor, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    attempt = models.ForeignKey(Attempt, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    fee_entry = models.ForeignKey(JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            ROW_STATES.constraint("state", "statement_line_state_known"),
            models.UniqueConstraint(fields=["provider", "key"], name="statement_line_once"),
        ]
        indexes = [
            models.Index(fields=["provider", "group_key"], name="statement_line_group"),
            models.Index(fields=["provider"], condition=Q(state__in=["open", "item"]), name="statement_line_open"),
            models.Index(
                fields=["provider"], condition=Q(fee_entry=None) & ~Q(fee_minor=0), name="statement_line_fee_due"
            ),
        ]

    def __str__(self) -> str:
        return self.provider_reference or self.merchant_reference


class Expectation(models.Model):
    """A posting to a wallet's clearing that its statement has to show: the other side of every match."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="expectations")
    posting = models.OneToOneField(Posting, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="+")
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    attempt = models.ForeignKey(Attempt, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    group_key = models.CharField(max_length=80)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=4)
    expected_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ROW_STATES.choices, default="open")

    class Meta:
        constraints = [ROW_STATES.constraint("state", "expectation_state_known")]
        indexes = [
            models.Index(fields=["provider", "group_key"], name="expectation_group"),
            models.Index(fields=["provider"], condition=Q(state__in=["open", "item"]), name="expectation_open"),
        ]

    def __str__(self) -> str:
        return self.group_key


class ReconciliationItem(models.Model):
    """A difference, one for each group of rows and currency. Accepting money on one person's word takes a second."""

    class Kind(models.TextChoices):
        MISSING = "missing", _("Not on the statement")
        EXTRA = "extra", _("Not in our books")
        AMOUNT = "amount", _("Another amount")
        CURRENCY = "currency", _("Another currency")
        FEE = "fee", _("Another fee than agreed")

    class Resolution(models.TextChoices):
        AUTO = "auto", _("by itself")
        MANUAL = "manual", _("by hand")
        FORCE = "force", _("posted by decision")

    class Destination(models.TextChoices):
        SUSPENSE = "suspense", _("Suspense")
        PROVIDER_FEES = "provider_fees", _("Provider fees")
        ACCOUNT = "account", _("An account: it is that person's payment")
        RETURN = "return", _("Nobody here: it goes back to who sent it")

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="reconciliation_items")
    group_key = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=ITEM_STATES.choices, default="open")
    currency = models.CharField(max_length=4)
    expected_minor = models.BigIntegerField(default=0)
    stated_minor = models.BigIntegerField(default=0)
    creditor = models.ForeignKey(Creditor, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    attempt = models.ForeignKey(Attempt, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=6, choices=Resolution.choices, blank=True)
    destination = models.CharField(max_length=16, choices=Destination.choices, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    proposed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey(JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    held_entry = models.ForeignKey(JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    held_minor = models.BigIntegerField(default=0, help_text=_("Lies in suspense until somebody has decided."))
    holdings = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            ITEM_STATES.constraint("state", "reconciliation_item_state_known"),
            models.UniqueConstraint(fields=["provider", "group_key", "currency"], name="reconciliation_item_once"),
            models.CheckConstraint(
                condition=~Q(state="resolved", resolution="force")
                | (
                    Q(proposed_by__isnull=False, decided_by__isnull=False, entry__isnull=False)
                    & ~Q(proposed_by=F("decided_by"))
                ),
                name="reconciliation_force_four_eyes",
            ),
        ]
        indexes = [
            models.Index(
                fields=["provider", "opened_at"], condition=~Q(state="resolved"), name="reconciliation_item_open"
            ),
            models.Index(fields=["provider"], condition=Q(held_entry__isnull=False), name="reconciliation_item_held"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("REC", self.pk)

    @property
    def expected(self) -> Money:
        return Money(self.expected_minor, self.currency)

    @property
    def held(self) -> Money:
        return Money(self.held_minor, self.currency)

    @property
    def stated(self) -> Money:
        return Money(self.stated_minor, self.currency)

    @property
    def difference(self) -> Money:
        """What the provider's books have more (negative: less) than ours."""
        return Money(self.stated_minor - self.expected_minor, self.currency)
