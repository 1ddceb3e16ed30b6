"""What interest and fees run by, in which order money is set against a debt, and what became known late.

Rules are dated data. Of several that are in force on a day the narrowest counts: creditor before product before
country (see `payments.accrual.rules`).
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Creditor, Hold, User
from accounts.models.tracking import track_changes
from common.clock import now
from common.ids import public_reference
from common.money import Money
from common.states import StateTable
from payments.models.ledger import JournalEntry

FACT_STATES = StateTable("account fact", {"requested": ("done", "rejected"), "done": (), "rejected": ()})
CHANGE_STATES = StateTable("rule change", {"requested": ("approved", "rejected"), "approved": (), "rejected": ()})
DEBT_COMPONENTS = [
    ("principal", _("Principal")),
    ("interest", _("Interest")),
    ("fees", _("Fees")),
    ("costs", _("Costs")),
]
CHARGED_COMPONENTS = [pair for pair in DEBT_COMPONENTS if pair[0] in ("fees", "costs")]
TIMINGS = ("past_due", "due", "in_advance")
BUCKETS = 12


class Rule(models.Model):
    """Whom a rule is for and when. Empty means: all of them."""

    creditor = models.ForeignKey(Creditor, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    product = models.CharField(max_length=24, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text=_("Where the debtor lives."))
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True, help_text=_("The first day it no longer counts."))
    citation = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        scope = [str(self.creditor_id or "*"), self.product or "*", self.country or "*"]
        return f"{type(self).__name__} {'/'.join(scope)} from {self.effective_from}"


@track_changes
class InterestTerms(Rule):
    """Simple interest on the principal. `cap_share`: all interest and fees we add stay within this share of it."""

    class DayCount(models.TextChoices):
        ACTUAL_365 = "actual_365", _("Actual days of a year of 365")
        ACTUAL_360 = "actual_360", _("Actual days of a year of 360")
        THIRTY_360 = "thirty_360", _("Months of 30 days, years of 360")

    class RunsFrom(models.TextChoices):
        DUE_DATE = "due_date", _("From the due date")
        PLACEMENT = "placement", _("From the day it was handed over")
        LAST_PAYMENT = "last_payment", _("From the last payment before it was handed over")

    yearly_basis_points = models.PositiveIntegerField(help_text=_("800 is 8 % a year."))
    cap_basis_points = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("The highest lawful yearly rate.")
    )
    cap_share = models.PositiveIntegerField(null=True, blank=True, help_text=_("In basis points of the principal."))
    day_count = models.CharField(max_length=10, choices=DayCount.choices, default=DayCount.ACTUAL_365)
    runs_from = models.CharField(max_length=12, choices=RunsFrom.choices, default=RunsFrom.PLACEMENT)
    runs_during = ArrayField(
        models.CharField(max_length=16, choices=Hold.Kind.choices),
        default=list,
        blank=True,
        help_text=_("Kinds of hold that do not stop it. Breathing space, bankruptcy and death always do."),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")),
                name="interest_terms_forward",
            ),
            models.CheckConstraint(
                condition=Q(day_count__in=["actual_365", "actual_360", "thirty_360"]), name="interest_day_count_known"
            ),
        ]


@track_changes
class FeeRule(Rule):
    """A fee that comes by itself. A flat sum, or a share of the principal within `least_minor` and `most_minor`."""

    class Trigger(models.TextChoices):
        OVERDUE = "overdue", _("Once, when overdue for so many days")
        MONTHLY = "monthly", _("Each month after the due date")
        TAKEN_BACK = "taken_back", _("Each time a payment is taken back")

    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    days = models.PositiveSmallIntegerField(default=0)
    component = models.CharField(max_length=10, choices=CHARGED_COMPONENTS, default="fees")
    currency = models.CharField(max_length=4)
    flat_minor = models.PositiveBigIntegerField(default=0)
    share_basis_points = models.PositiveIntegerField(default=0)
    least_minor = models.PositiveBigIntegerField(default=0)
    most_minor = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")), name="fee_rule_forward"
            ),
            models.CheckConstraint(condition=Q(component__in=["fees", "costs"]), name="fee_rule_component_known"),
        ]


@track_changes
class AllocationOrder(Rule):
    """`buckets`: all twelve of "past_due:costs" ... "in_advance:principal", the first paid first."""

    buckets = ArrayField(models.CharField(max_length=24), size=BUCKETS)
    follows_debtor = models.BooleanField(
        default=True, help_text=_("What the debtor says a payment is for goes before this order.")
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")),
                name="allocation_order_forward",
            ),
            models.CheckConstraint(condition=Q(buckets__len=BUCKETS), name="allocation_order_is_complete"),
        ]


class RuleChange(models.Model):
    """A rule somebody asks for: a new one, one that follows another from `day` on, or (`terms` empty) the end of one.

    The tables of rules hold only what counts, so what is asked for waits here until a second person agrees. `replaces`
    and `made` are numbers of rules of this kind; they outlive the rows.
    """

    class Kind(models.TextChoices):
        INTEREST = "interest", _("Interest")
        FEE = "fee", _("Fee")
        ORDER = "order", _("Order of allocation")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    terms = models.JSONField(default=dict, blank=True)
    ended = models.JSONField(default=dict, blank=True, help_text=_("What the rule said whose time ends."))
    replaces = models.PositiveBigIntegerField(null=True, blank=True)
    made = models.PositiveBigIntegerField(null=True, blank=True)
    day = models.DateField(help_text=_("The first day on which it is different."))
    state = models.CharField(max_length=9, choices=CHANGE_STATES.choices, default="requested")
    reason = models.CharField(max_length=200)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=now)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            CHANGE_STATES.constraint("state", "rule_change_state_known"),
            models.CheckConstraint(
                condition=~Q(terms={}) | Q(replaces__isnull=False), name="rule_change_makes_or_ends_one"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | (Q(decided_by__isnull=False) & ~Q(requested_by=F("decided_by"))),
                name="rule_change_four_eyes",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(state="requested"), name="rule_change_to_decide")]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("RUL", self.pk)


class ReplayDue(models.Model):
    """An account to be told again because something bears on a time already worked out.

    The database itself writes these (migration 0021) in the transaction of the late fact, whichever way it came.
    Rows are only added and taken away, never shared, so that nobody waits for anybody.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    because = models.CharField(max_length=8)
    due_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(db_default=0)

    def __str__(self) -> str:
        return f"{self.account_id} because of a {self.because}"


class AccountFact(models.Model):
    """Something about an account that staff recorded with the day it was true, often long after it.

    Money that moves by more than a limit needs a second person (`payments.accrual.correcting`).
    """

    class Kind(models.TextChoices):
        PAYMENT_DATE = "payment_date", _("A payment arrived on another day")
        INSTRUCTION = "instruction", _("The debtor said what a payment was for")
        PAUSE = "pause", _("No interest for some days")
        FEE = "fee", _("A fee or cost")
        WAIVER = "waiver", _("Something waived")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="facts")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    on = models.DateField(help_text=_("The day it counts from."))
    until = models.DateField(null=True, blank=True, help_text=_("The last day of a pause."))
    component = models.CharField(max_length=10, blank=True, choices=DEBT_COMPONENTS)
    amount_minor = models.BigIntegerField(default=0)
    entry = models.ForeignKey(JournalEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="facts")
    state = models.CharField(max_length=9, choices=FACT_STATES.choices, default="requested")
    reason = models.CharField(max_length=200)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="facts_requested")
    requested_at = models.DateTimeField(default=now)
    needs_second = models.BooleanField(default=False)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="facts_decided")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            FACT_STATES.constraint("state", "account_fact_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="account_fact_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("on")), name="account_fact_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["fee", "waiver"]) | Q(amount_minor__gt=0, component__gt=""),
                name="account_fact_says_how_much",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["payment_date", "instruction"]) | Q(entry__isnull=False),
                name="account_fact_names_its_payment",
            ),
            models.CheckConstraint(
                condition=~Q(state="done", needs_second=True)
                | (Q(decided_by__isnull=False) & ~Q(requested_by=F("decided_by"))),
                name="account_fact_four_eyes",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "on"], name="account_fact_by_account"),
            models.Index(fields=["id"], condition=Q(state="requested"), name="account_fact_to_decide"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("FCT", self.pk)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.account.currency)


class AccrualState(models.Model):
    """How far an account has been worked out, and from which facts: what is new among them is why it changes.

    The second half lets a night be added without telling the whole story again (`payments.accrual.quiet`).
    """

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.CASCADE, related_name="accrual")
    through = models.DateField()
    replays = models.PositiveIntegerField(default=0)
    facts = models.JSONField(default=dict, help_text="Key of each fact -> what it said.")
    quiet_until = models.DateField(null=True, help_text="Up to this day nothing but plain interest can come.")
    yearly_basis_points = models.PositiveIntegerField(default=0, db_default=0)
    day_count = models.CharField(max_length=10, blank=True, default="", db_default="")
    carry = models.BigIntegerField(default=0, db_default=0, help_text="Run up and not yet charged, in tiny parts.")
    seen = models.BigIntegerField(null=True, help_text="The transaction that wrote the account's row as worked out.")
    stamp = models.BigIntegerField(null=True, help_text="Of the rules it was worked out by.")

    def __str__(self) -> str:
        return f"{self.account_id} through {self.through}"
