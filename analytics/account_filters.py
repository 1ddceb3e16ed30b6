"""The filters of the account list. Every number of a dashboard is counted by them, so it equals the list it opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.forms.work import AGE_BANDS
from accounts.models import Account, Creditor
from accounts.products import product_choices
from accounts.words import STATUS_WORDS
from accounts.work_list import on_contact_hold
from common.clock import today
from payments.models import Payment, PaymentLink, Plan
from reminders.models import Message

STAGES: Mapping[str, Callable[[], Any]] = {
    "contacted": lambda: Exists(Message.objects.filter(account=OuterRef("pk"), state__in=["sent", "delivered"])),
    "opened": lambda: Exists(PaymentLink.objects.filter(account=OuterRef("pk"), first_opened_at__isnull=False)),
    "started": lambda: Exists(Payment.objects.filter(account=OuterRef("pk"))),
    "paid": lambda: Exists(Payment.objects.filter(account=OuterRef("pk"), state="succeeded")),
}
STAGE_WORDS = {
    "contacted": _("Contacted"),
    "opened": _("Opened a payment link"),
    "started": _("Started a payment"),
    "paid": _("Paid something"),
}
PLANS: Mapping[str, Callable[[], Any]] = {
    "running": lambda: Exists(Plan.objects.filter(account=OuterRef("pk"), state__in=["active", "paused"])),
    "broken": lambda: Exists(
        Plan.objects.filter(account=OuterRef("pk"), state__in=["active", "paused", "defaulted"]).filter(
            instalments__state="missed"
        )
    ),
    "kept": lambda: Exists(Plan.objects.filter(account=OuterRef("pk"), state="completed")),
}
PLAN_WORDS = {"running": _("Plan running"), "broken": _("Promise broken"), "kept": _("Plan completed")}


def age_condition(name: str) -> Q:
    """An age band of accounts that still owe something; `due` are those not overdue yet."""
    owing = Q(balance_minor__gt=0)
    if name == "due":
        return owing & Q(due_date__gte=today())
    youngest, oldest = dict(AGE_BANDS)[name]
    band = owing & Q(due_date__lte=today() - timedelta(days=youngest))
    return band if oldest is None else band & Q(due_date__gte=today() - timedelta(days=oldest))


AGE_WORDS = {
    "due": _("Not due yet"),
    "1-30": _("1 to 30 days"),
    "31-60": _("31 to 60 days"),
    "61-90": _("61 to 90 days"),
    "91-": _("Over 90 days"),
}


def _choices(words: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [("", _("All")), *words.items()]


class AccountFilters(forms.Form):
    """All optional, read from the address."""

    creditor = forms.ModelChoiceField(
        Creditor.objects.none(), label=_("Creditor"), required=False, empty_label=_("All")
    )
    status = forms.ChoiceField(label=_("State"), choices=_choices(STATUS_WORDS), required=False)
    age = forms.ChoiceField(label=_("Overdue"), choices=_choices(AGE_WORDS), required=False)
    product = forms.ChoiceField(label=_("Product"), choices=product_choices, required=False)
    stage = forms.ChoiceField(label=_("Reached"), choices=_choices(STAGE_WORDS), required=False)
    plan = forms.ChoiceField(label=_("Promise"), choices=_choices(PLAN_WORDS), required=False)
    hold = forms.BooleanField(label=_("On hold"), required=False)
    currency = forms.CharField(required=False, max_length=4, widget=forms.HiddenInput)

    def __init__(self, *args: Any, creditors: QuerySet[Creditor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["creditor"].queryset = creditors  # type: ignore[attr-defined]

    def apply(self, rows: QuerySet[Account]) -> QuerySet[Account]:
        chosen = self.cleaned_data if self.is_valid() else {}
        rows = rows.filter(
            **{name: chosen[name] for name in ("creditor", "status", "product", "currency") if chosen.get(name)}
        )
        for name, condition in CONDITIONS.items():
            if chosen.get(name):
                rows = rows.filter(condition(chosen[name]))
        return rows


CONDITIONS: Mapping[str, Callable[[Any], Any]] = {
    "age": age_condition,
    "stage": lambda name: STAGES[name](),
    "plan": lambda name: PLANS[name](),
    "hold": lambda _on: on_contact_hold(),
}
