"""The form of the office hours."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Creditor
from accounts.models.office import WEEKDAYS
from common.public_holidays import listed_countries
from common.templatetags.formats import reader


class DaysField(forms.CharField):
    """One day a line, as 2027-02-06; what follows the day on its line is for people."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def clean(self, value: Any) -> list[date]:
        days = []
        for line in str(super().clean(value)).splitlines():
            if not line.strip():
                continue
            try:
                days.append(date.fromisoformat(line.split()[0]))
            except ValueError as error:
                said = _("“%(line)s” does not begin with a day. Write it like 2027-02-06.")
                raise forms.ValidationError(said, params={"line": line.strip()[:40]}) from error
        return days


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
    holidays_of = forms.ChoiceField(
        label=_("Closed on the public holidays of"),
        required=False,
        help_text=_("Nobody is there on these days, and people are told when somebody is there again."),
    )
    closed_on = DaysField(
        label=_("Also closed on"), required=False, help_text=_("One day a line, like 2027-02-06. Words may follow.")
    )
    open_on = DaysField(label=_("Open all the same on"), required=False, help_text=_("Holidays or weekends worked."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = reader().territories
        countries = sorted(((code, names.get(code, code)) for code in listed_countries()), key=lambda one: one[1])
        self.fields["holidays_of"].choices = [("", _("none")), *countries]  # type: ignore[attr-defined]
