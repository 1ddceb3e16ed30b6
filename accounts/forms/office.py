"""The form of the office hours."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Creditor
from accounts.models.office import WEEKDAYS


class OfficeHoursForm(forms.Form):
    creditor = forms.ModelChoiceField(
        Creditor.objects.order_by("name"), label=_("For"), required=False, empty_label=_("Everybody else")
    )
    time_zone = forms.CharField(label=_("Time zone"), max_length=48, help_text=_("For example Asia/Taipei."))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days"), choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    opens = forms.TimeField(label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    closes = forms.TimeField(label=_("Until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
