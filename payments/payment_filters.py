"""Filters of the payment list: what a dashboard's number is counted by, and what its link says."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Creditor
from common.clock import today
from payments.models import Attempt, Payment

STATE_CHOICES = [
    ("", _("All")),
    ("open", _("Under way")),
    ("succeeded", _("Received")),
    ("failed", _("Failed")),
    ("cancelled", _("Cancelled")),
    ("reversed", _("Taken back")),
]
DAYS_CHOICES = [("", _("Any time")), ("1", _("Today")), ("7", _("7 days")), ("30", _("30 days"))]


def since(days: int) -> datetime:
    """The first instant of the `days` days that end today (UTC)."""
    return datetime.combine(today() - timedelta(days=days - 1), time.min, UTC)


class PaymentFilters(forms.Form):
    """All optional, read from the address. `finished` counts days including today."""

    state = forms.ChoiceField(label=_("State"), choices=STATE_CHOICES, required=False)
    finished = forms.ChoiceField(label=_("Finished in"), choices=DAYS_CHOICES, required=False)
    creditor = forms.ModelChoiceField(
        Creditor.objects.none(), label=_("Creditor"), required=False, empty_label=_("All")
    )
    provider = forms.SlugField(required=False, max_length=24, widget=forms.HiddenInput)
    currency = forms.CharField(required=False, max_length=4, widget=forms.HiddenInput)
    person = forms.BooleanField(label=_("Needs a person"), required=False)

    def __init__(self, *args: Any, creditors: QuerySet[Creditor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["creditor"].queryset = creditors  # type: ignore[attr-defined]

    def apply(self, rows: QuerySet[Payment]) -> QuerySet[Payment]:
        chosen = self.cleaned_data if self.is_valid() else {}
        named = {"state": "state", "currency": "currency", "creditor": "account__creditor"}
        rows = rows.filter(**{field: chosen[name] for name, field in named.items() if chosen.get(name)})
        if chosen.get("finished"):
            rows = rows.filter(finished_at__gte=since(int(chosen["finished"])))
        if chosen.get("provider"):
            rows = rows.filter(Exists(Attempt.objects.filter(payment=OuterRef("pk"), provider__key=chosen["provider"])))
        if chosen.get("person"):
            rows = rows.filter(Exists(Attempt.objects.filter(payment=OuterRef("pk"), needs_person=True)))
        return rows
