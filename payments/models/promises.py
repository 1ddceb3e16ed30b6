"""Promises to pay: what somebody said they will pay and when, the limits for taking them, and peace by reason."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Creditor, User
from common.clock import now
from common.ids import public_reference
from common.money import Money
from common.states import StateTable

# A verdict follows the money: taken back, it is judged anew; a payment that became known late may still keep it.
PROMISE_STATES = StateTable(
    "promise",
    {
        "open": ("kept", "partly_kept", "broken", "amended", "withdrawn"),
        "kept": ("open", "partly_kept", "broken"),
        "partly_kept": ("open", "kept", "broken"),
        "broken": ("open", "kept", "partly_kept"),
        "amended": (),
        "withdrawn": (),
    },
)
JUDGED = ("kept", "partly_kept", "broken")
NOT_KEPT = ("partly_kept", "broken")


class Promise(models.Model):
    """A promise to pay. It says `total` on `parts`; grace and tolerance are those of the day it was taken.

    An amended promise stays as it was; the row with the new days `replaces` it. `judge_at` is the next moment at which
    its days are looked at, None when nothing can come of that any more.
    """

    class Source(models.TextChoices):
        STAFF = "staff", _("taken by us")
        DEBTOR = "debtor", _("made on the payment page")
        MESSAGE = "message", _("written to us")
        CALL = "call", _("made on the phone")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="promises")
    state = models.CharField(max_length=12, choices=PROMISE_STATES.choices, default="open")
    source = models.CharField(max_length=8, choices=Source.choices)
    currency = models.CharField(max_length=4)
    total_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField(default=0, help_text=_("What counted for it when it was last judged."))
    tolerance_minor = models.BigIntegerField(default=0, help_text=_("It is kept with this much less, too."))
    grace_days = models.PositiveSmallIntegerField(default=0)
    first_taken_on = models.DateField(help_text=_("In the debtor's zone; of the first of an amended row of promises."))
    last_on = models.DateField(help_text=_("The day of its last part, in the debtor's zone."))
    judge_at = models.DateTimeField(null=True, blank=True)
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    note = models.CharField(max_length=200, blank=True)
    end_reason = models.CharField(max_length=200, blank=True, help_text=_("Why it was amended or withdrawn."))
    request_key = models.CharField(max_length=64, blank=True, help_text=_("Of the form it came by: once per account."))
    taken_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            PROMISE_STATES.constraint("state", "promise_state_known"),
            models.CheckConstraint(
                condition=Q(total_minor__gt=0, paid_minor__gte=0, tolerance_minor__gte=0)
                & Q(tolerance_minor__lt=F("total_minor")),
                name="promise_amounts_sane",
            ),
            models.UniqueConstraint(fields=["account"], condition=Q(state="open"), name="promise_one_open_per_account"),
            models.UniqueConstraint(
                fields=["account", "request_key"], condition=~Q(request_key=""), name="promise_once_per_request"
            ),
        ]
        indexes = [
            models.Index(fields=["judge_at", "id"], condition=Q(judge_at__isnull=False), name="promise_to_judge"),
            models.Index(fields=["last_on", "id"], condition=Q(state="open"), name="promise_open_by_day"),
            models.Index(fields=["changed_at", "id"], condition=Q(state__in=NOT_KEPT), name="promise_not_kept"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("PTP", self.pk)

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def paid(self) -> Money:
        return Money(self.paid_minor, self.currency)


class PromisePart(models.Model):
    promise = models.ForeignKey(Promise, on_delete=models.PROTECT, related_name="parts")
    due_on = models.DateField(help_text=_("In the debtor's zone."))
    amount_minor = models.BigIntegerField()

    class Meta:
        ordering = ["promise_id", "due_on"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="promise_part_positive"),
            models.UniqueConstraint(fields=["promise", "due_on"], name="promise_part_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} on {self.due_on}"


class PromiseRule(models.Model):
    """Under which limits promises are taken, per creditor; of no creditor: the house's."""

    creditor = models.OneToOneField(
        Creditor, null=True, blank=True, on_delete=models.PROTECT, related_name="promise_rule"
    )
    longest_days = models.PositiveSmallIntegerField(_("Longest, in days ahead"), default=31)
    least_units = models.PositiveIntegerField(
        _("Least amount of a part, in whole units of the currency"),
        default=10,
        help_text=_("Less is taken only when less is owed."),
    )
    tolerance_basis_points = models.PositiveSmallIntegerField(
        _("Tolerance, in hundredths of a percent"),
        default=100,
        help_text=_("100 is one percent: it is kept with that much less, too."),
    )
    tolerance_minor = models.PositiveIntegerField(
        _("Tolerance, in the smallest units"), default=0, help_text=_("The larger of the two counts.")
    )
    grace_days = models.PositiveSmallIntegerField(
        _("Days of grace"), default=1, help_text=_("It is broken only when these have passed, too.")
    )
    most_broken = models.PositiveSmallIntegerField(
        _("Broken in a row, at most"), default=2, help_text=_("After these a supervisor has to take the next one.")
    )
    changed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor"], name="promise_rule_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(longest_days__range=(1, 365), grace_days__lte=30, tolerance_basis_points__lte=5_000),
                name="promise_rule_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"promise rule of {self.creditor_id or 'the house'}"


class QuietPeriod(models.Model):
    """One reason to leave an account in peace. `Account.quiet_until` is the latest of them: none shortens another."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="quiet_periods")
    reason = models.CharField(max_length=120)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "reason"], name="quiet_period_once_per_reason")]

    def __str__(self) -> str:
        return f"{self.reason} {self.until}"
