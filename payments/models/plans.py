"""Repayment plans and their instalments."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.models.tracking import track_changes
from common.clock import now
from common.ids import public_reference
from common.money import Money
from common.rows import Row
from common.states import StateTable
from wallets.models import Mandate

PLAN_STATES = StateTable(
    "plan",
    {
        "proposed": ("active", "cancelled"),
        "active": ("paused", "completed", "defaulted", "cancelled"),
        "paused": ("active", "completed", "cancelled"),
        "defaulted": ("active", "completed", "cancelled"),
        "completed": ("active",),
        "cancelled": (),
    },
)
INSTALMENT_STATES = StateTable(
    "instalment",
    {
        "scheduled": ("noticed", "paid", "missed", "cancelled"),
        "noticed": ("paid", "missed", "cancelled", "scheduled"),
        "missed": ("paid", "scheduled", "cancelled"),
        "paid": ("scheduled", "missed"),
        "cancelled": ("scheduled",),
    },
)


@track_changes
class Plan(Row):
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="plans")
    mandate = models.ForeignKey(Mandate, null=True, blank=True, on_delete=models.PROTECT, related_name="plans")
    state = models.CharField(max_length=10, choices=PLAN_STATES.choices, default="proposed")
    currency = models.CharField(max_length=4)
    total_minor = models.BigIntegerField()
    pay_day = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("The day of the month on which the debtor is paid, where it is known.")
    )
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pay_day=None) | models.Q(pay_day__range=(1, 31)), name="plan_pay_day_is_a_day"
            ),
            PLAN_STATES.constraint("state", "plan_state_known"),
            models.CheckConstraint(condition=models.Q(total_minor__gt=0), name="plan_total_positive"),
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(state__in=["active", "paused"]),
                name="plan_one_live_per_account",
            ),
        ]

    def __str__(self) -> str:
        return public_reference("PLN", self.pk)


@track_changes
class Instalment(Row):
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="instalments")
    number = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    amount_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=INSTALMENT_STATES.choices, default="scheduled")
    noticed_at = models.DateTimeField(null=True, blank=True, help_text="Announced to the reminders app.")
    notice_sent_at = models.DateTimeField(
        null=True, blank=True, help_text="When the person was really told: without it there is no debit."
    )
    announced_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the wallet took its own notice of this debit, where it wants one.")
    )
    notice_round = models.PositiveSmallIntegerField(
        default=0, help_text=_("How often an announced debit was called off: the next one is announced anew.")
    )
    announced_minor = models.BigIntegerField(
        null=True, blank=True, help_text=_("What people were told will be debited: never more than that is.")
    )
    retry_on = models.DateField(
        null=True, blank=True, help_text=_("The day of the next try, in the debtor's own time, once one has failed.")
    )
    debit_not_before = models.DateTimeField(null=True, blank=True)
    attempts_used = models.PositiveSmallIntegerField(default=0)
    last_reason = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["plan_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="instalment_number_per_plan"),
            INSTALMENT_STATES.constraint("state", "instalment_state_known"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0, paid_minor__gte=0), name="instalment_amounts_sane"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"], condition=models.Q(state__in=["scheduled", "noticed"]), name="instalment_due"
            ),
            models.Index(
                fields=["debit_not_before", "id"], condition=models.Q(state="noticed"), name="instalment_to_debit"
            ),
        ]

    def __str__(self) -> str:
        return f"instalment {self.number} of plan {self.plan_id}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.plan.currency)

    def still_to_take(self, account: Account) -> int:
        """What a debit takes now: never more than is owed. `account` is the plan's, as fresh as the caller has it."""
        return min(self.amount_minor - self.paid_minor, account.balance_minor)

    @property
    def debit_on(self) -> date:
        """The day it is debited: the due day, or the later day of the next try."""
        return max(self.due_on, self.retry_on or self.due_on)
