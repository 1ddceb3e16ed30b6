"""The account: one debt of one person. Its cached balance moves only together with the ledger."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.creditors import Creditor, Portfolio
from accounts.models.debtors import Debtor
from accounts.models.tracking import track_changes_but
from accounts.models.users import User
from common.clock import now
from common.ids import public_reference, row_id_of
from common.money import Money
from common.rows import Row
from common.states import StateTable

ACCOUNT_STATES = StateTable(
    "account",
    {
        "open": ("paid", "settled", "written_off", "agency", "recalled", "closed"),
        "paid": ("open", "written_off", "recalled", "closed"),
        "settled": ("open", "recalled", "closed"),
        "written_off": ("open", "paid", "agency", "recalled", "closed"),
        "agency": ("open", "paid", "written_off", "recalled", "closed"),
        "recalled": ("open", "paid", "settled", "written_off", "agency", "closed"),
        "closed": ("open", "paid", "settled", "written_off", "agency", "recalled"),
    },
)
COMPONENTS = ("principal", "interest", "fees", "costs")
# Repeat what the ledger, the payments and the messages say: every payment and every reminder moves them.
REPEATED = ("balance_minor", *(f"{name}_minor" for name in COMPONENTS), "last_payment_at", "last_contact_at")


class AccountQuerySet(models.QuerySet["Account"]):
    def by_reference(self, reference: str) -> AccountQuerySet:
        row_id = row_id_of(reference)
        return self.none() if row_id is None else self.filter(pk=row_id)

    def overdue(self, on: date) -> AccountQuerySet:
        return self.filter(status="open", balance_minor__gt=0, due_date__lt=on)


@track_changes_but(*REPEATED)
class Account(Row):
    creditor = models.ForeignKey(
        Creditor, on_delete=models.PROTECT, related_name="accounts", db_index=False, db_constraint=False
    )
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="accounts", db_constraint=False)
    debtor = models.ForeignKey(
        Debtor, on_delete=models.PROTECT, related_name="accounts", db_index=False, db_constraint=False
    )
    creditor_reference = models.CharField(max_length=64)
    product = models.CharField(max_length=24, default="other")
    segment = models.CharField(
        max_length=24,
        blank=True,
        default="",
        db_default="",
        help_text=_("A group of accounts, as the creditor names it."),
    )
    currency = models.CharField(max_length=4)
    status = models.CharField(max_length=12, choices=ACCOUNT_STATES.choices, default="open")
    due_date = models.DateField(help_text=_("The oldest unpaid due date: delinquency age counts from here."))
    placed_minor = models.BigIntegerField(help_text=_("What was placed."))
    balance_minor = models.BigIntegerField()
    principal_minor = models.BigIntegerField(default=0)
    interest_minor = models.BigIntegerField(default=0)
    fees_minor = models.BigIntegerField(default=0)
    costs_minor = models.BigIntegerField(default=0)
    credit_limit_minor = models.BigIntegerField(null=True, blank=True)
    reported_minor = ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        help_text=_("Principal, interest, fees and costs as the creditor last stated them."),
    )
    quiet_until = models.DateTimeField(null=True, blank=True)
    quiet_reason = models.CharField(max_length=120, blank=True)
    assigned_to = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="accounts", db_index=False
    )
    last_payment_at = models.DateTimeField(null=True, blank=True)
    last_contact_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "creditor_reference"], name="account_reference_per_creditor"),
            ACCOUNT_STATES.constraint("status", "account_status_known"),
            models.CheckConstraint(
                condition=models.Q(
                    balance_minor=models.F("principal_minor")
                    + models.F("interest_minor")
                    + models.F("fees_minor")
                    + models.F("costs_minor")
                ),
                name="account_balance_is_sum_of_components",
            ),
        ]
        indexes = [
            models.Index(fields=["due_date", "id"], condition=models.Q(status="open"), name="account_open_by_due_date"),
            models.Index(fields=["debtor"], name="account_by_debtor"),
            models.Index(
                fields=["assigned_to"], condition=models.Q(assigned_to__isnull=False), name="account_by_assignee"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("ACC", self.pk)

    @property
    def balance(self) -> Money:
        return Money(self.balance_minor, self.currency)

    def days_past_due(self, on: date) -> int:
        return max(0, (on - self.due_date).days) if self.balance_minor > 0 else 0


class AccountHistory(models.Model):
    """Months billed and paid as the creditor reported them, newest first: what the scores learn from."""

    account = models.OneToOneField(
        Account, primary_key=True, on_delete=models.CASCADE, related_name="history", db_constraint=False
    )
    newest_month = models.DateField(help_text=_("First day of the month of the first element."))
    billed_minor = ArrayField(models.BigIntegerField(null=True))
    paid_minor = ArrayField(models.BigIntegerField(null=True))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(billed_minor__len=models.F("paid_minor__len")), name="history_months_pair_up"
            )
        ]

    def __str__(self) -> str:
        return f"history of {self.account_id}"
