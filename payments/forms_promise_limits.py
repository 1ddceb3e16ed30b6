"""Under which limits promises to pay are taken, as an administrator fills it in."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Creditor
from payments.forms_accrual import PercentField


class PromiseLimitsForm(forms.Form):
    creditor = forms.ModelChoiceField(
        Creditor.objects.order_by("name"), label=_("Creditor"), required=False, empty_label=_("Everybody else")
    )
    longest_days = forms.IntegerField(label=_("Longest, in days ahead"), min_value=1, max_value=365)
    least_units = forms.IntegerField(
        label=_("Least amount of a part, in whole units of the currency"),
        min_value=0,
        max_value=1_000_000,
        help_text=_("Less is taken only when less is owed."),
    )
    tolerance_basis_points = PercentField(
        label=_("Tolerance, in percent"), max_value=50, help_text=_("It is kept with this much less, too.")
    )
    tolerance_minor = forms.IntegerField(
        label=_("Tolerance, in the smallest units"),
        min_value=0,
        max_value=1_000_000,
        help_text=_("The larger of the two counts."),
    )
    grace_days = forms.IntegerField(
        label=_("Days of grace"),
        min_value=0,
        max_value=30,
        help_text=_("It is broken only when these have passed, too."),
    )
    most_broken = forms.IntegerField(
        label=_("Broken in a row, at most"),
        min_value=0,
        max_value=100,
        help_text=_("After these a supervisor has to take the next one. 0: nobody has to."),
    )
