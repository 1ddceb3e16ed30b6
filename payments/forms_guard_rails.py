"""Within which bounds repayment plans are agreed, as a supervisor asks for it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Creditor
from payments.forms_accrual import DAY_WIDGET, PercentField
from payments.guard_rail_changes import BOUNDS
from payments.models import PlanRail


class GuardRailForm(OnceForm):
    creditor = forms.ModelChoiceField(
        Creditor.objects.order_by("name"), label=_("Creditor"), required=False, empty_label=_("Everybody else")
    )
    currency = forms.RegexField(
        r"^[A-Z]{3,4}$", label=_("Currency"), required=False, max_length=4, help_text=_("Empty: every currency.")
    )
    from_units = forms.IntegerField(
        label=_("From a debt of, in whole units of the currency"),
        min_value=0,
        max_value=1_000_000_000,
        help_text=_("The band reaches up to where the next one of the same creditor begins."),
    )
    least_units = forms.IntegerField(
        label=_("Smallest payment, in whole units"),
        min_value=0,
        max_value=1_000_000_000,
        help_text=_("Less only when less is owed in all."),
    )
    most_parts = forms.IntegerField(label=_("Most payments"), min_value=1, max_value=120)
    longest_days = forms.IntegerField(
        label=_("Longest, in days until the last payment"),
        min_value=1,
        max_value=3_650,
        help_text=_("Counted from the day it is agreed."),
    )
    down_basis_points = PercentField(
        label=_("Down payment, in percent"),
        max_value=90,
        help_text=_("The first payment is at least this share of all of them."),
    )
    beyond = forms.ChoiceField(
        label=_("Who may agree to more"), choices=PlanRail.Beyond.choices, widget=forms.RadioSelect
    )
    effective_from = forms.DateField(label=_("First day"), widget=DAY_WIDGET)
    ends = forms.BooleanField(label=_("End it: from that day on the wider guard-rails count"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("In a few words. It stands in the record."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "rail_%s"

    @property
    def scope(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("creditor", "currency", "from_units")}

    @property
    def bounds(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in BOUNDS}
