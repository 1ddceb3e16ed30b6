"""Forms of the pages about notices that others give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Portfolio
from accounts.models.creditors import HOUSE
from common.clock import today
from compliance.given_notices import Told
from compliance.models import GivenNotice
from compliance.notices_asked import Asked

EVERY: tuple[str, Any] = ("", _("All"))


class NoticeForm(OnceForm):
    kind = forms.ChoiceField(label=_("Which notice"), choices=())
    given_by = forms.CharField(label=_("Given by"), max_length=120, help_text=_("The creditor, or whoever else."))
    given_on = forms.DateField(label=_("On"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    way = forms.ChoiceField(label=_("By what way"), choices=GivenNotice.Way.choices)
    reference = forms.CharField(
        label=_("Reference"),
        max_length=120,
        required=False,
        help_text=_("Where its proof can be found: the creditor's letter number, a posting number."),
    )
    document = forms.FileField(
        label=_("Copy or proof"),
        required=False,
        help_text=_("PDF, PNG or JPEG, at most 4 MB. Without a reference it is needed."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )

    def __init__(self, *args: Any, asked: Sequence[Asked], given_by: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(one.kind, capfirst(one.words)) for one in asked]  # type: ignore[attr-defined]
        self.fields["given_by"].initial = given_by
        self.fields["given_on"].widget.attrs["max"] = today().isoformat()

    def told(self) -> Told:
        return Told(**{name: value for name, value in self.cleaned_data.items() if name != "token"})


class PlacementForm(forms.Form):
    """Read from the address: which placement, and which notice."""

    portfolio = forms.ModelChoiceField(
        Portfolio.objects.exclude(creditor__code=HOUSE).select_related("creditor").order_by("-pk"),
        label=_("Placement"),
        empty_label=_("Choose one"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["portfolio"].label_from_instance = lambda row: f"{row.creditor.name} · {row.name}"  # type: ignore[attr-defined]


class ReasonForm(OnceForm):
    why = forms.CharField(label=_("Why"), max_length=300, help_text=_("In a few words. It stands in the record."))


class NoticeFilters(forms.Form):
    STATES = (
        EVERY,
        ("waiting", _("Waits for a second person")),
        ("confirmed", _("Confirmed")),
        ("taken_back", _("Taken back")),
    )
    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False)

    def apply(self, rows: Any) -> Any:
        state = self.cleaned_data.get("state") if self.is_valid() else ""
        wanted: dict[str, dict[str, Any]] = {
            "waiting": {"confirmed_at": None, "correction": None},
            "confirmed": {"confirmed_at__isnull": False, "correction": None},
            "taken_back": {"correction__isnull": False},
        }
        return rows.filter(**wanted[state]) if state in wanted else rows
