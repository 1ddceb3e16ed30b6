"""Guard-rails of repayment plans: within which bounds one is agreed, by creditor and by how much is owed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Creditor, User
from common.clock import now
from common.ids import public_reference
from common.states import StateTable

RAIL_STATES = StateTable("plan rail", {"requested": ("approved", "rejected"), "approved": (), "rejected": ()})


class PlanRail(models.Model):
    """One version of the bounds for debts from `from_units` up to where the next band begins.

    A row is never rewritten: another one of the same scope (creditor, currency, band) follows it from its first day on,
    and one that `ends` leaves the scope to the wider one. It counts only when a second person agreed to it.
    """

    class Beyond(models.TextChoices):
        NOBODY = "nobody", _("Nobody")
        SUPERVISOR = "supervisor", _("A supervisor")

    creditor = models.ForeignKey(Creditor, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=4, blank=True, help_text=_("Empty: every currency."))
    from_units = models.PositiveIntegerField(
        _("From a debt of, in whole units of the currency"),
        default=0,
        help_text=_("The band reaches up to where the next one of the same creditor begins."),
    )
    least_units = models.PositiveIntegerField(
        _("Smallest payment, in whole units"), default=10, help_text=_("Less only when less is owed in all.")
    )
    most_parts = models.PositiveSmallIntegerField(_("Most payments"), default=12)
    longest_days = models.PositiveSmallIntegerField(
        _("Longest, in days until the last payment"), default=420, help_text=_("Counted from the day it is agreed.")
    )
    down_basis_points = models.PositiveSmallIntegerField(
        _("Down payment, in hundredths of a percent"),
        default=0,
        help_text=_("The first payment is at least this share of all of them."),
    )
    beyond = models.CharField(
        _("Who may agree to more"), max_length=10, choices=Beyond.choices, default=Beyond.SUPERVISOR
    )
    ends = models.BooleanField(default=False, help_text=_("From then on the wider guard-rails count."))
    effective_from = models.DateField(_("First day"))
    state = models.CharField(max_length=9, choices=RAIL_STATES.choices, default="requested")
    reason = models.CharField(_("Why"), max_length=200)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=now)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            RAIL_STATES.constraint("state", "plan_rail_state_known"),
            models.CheckConstraint(
                condition=Q(most_parts__range=(1, 120), longest_days__range=(1, 3_650), down_basis_points__lte=9_000),
                name="plan_rail_sane",
            ),
            models.CheckConstraint(
                condition=Q(state="requested", decided_by=None)
                | (Q(state="rejected", decided_by__isnull=False))
                | (Q(state="approved", decided_by__isnull=False) & ~Q(decided_by=F("requested_by"))),
                name="plan_rail_four_eyes",
            ),
        ]
        indexes = [models.Index(fields=["creditor", "effective_from"], name="plan_rail_by_creditor")]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return public_reference("RAIL", self.pk)
