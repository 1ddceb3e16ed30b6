"""What a person fills in when something about an account became known late."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Account
from common.money import Money
from payments.forms_refunds import AmountField
from payments.models import AccountFact, JournalEntry
from payments.models.accrual import DEBT_COMPONENTS

REASON_HELP = _("In a few words. It stands in the record.")
PAYMENT_KINDS = ("payment", "direct_payment")
Kind = AccountFact.Kind
NEEDED: dict[str, tuple[str, ...]] = {
    Kind.PAYMENT_DATE: ("entry",),
    Kind.INSTRUCTION: ("entry", "component"),
    Kind.PAUSE: (),
    Kind.FEE: ("component", "amount"),
    Kind.WAIVER: ("component", "amount"),
}


class CorrectionForm(OnceForm):
    kind = forms.ChoiceField(label=_("What became known?"), choices=Kind.choices, widget=forms.RadioSelect)
    on = forms.DateField(
        label=_("The day it counts from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Of days without interest. Empty: until further notice."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    entry = forms.ModelChoiceField(JournalEntry.objects.none(), required=False, label=_("Which payment?"))
    component = forms.ChoiceField(label=_("Which part of the debt?"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=REASON_HELP)
    field_order = ["kind", "on", "until", "entry", "component", "amount", "reason"]

    def __init__(self, data: Any = None, *, account: Account) -> None:
        super().__init__(data, auto_id="correction_%s")
        self.fields["component"].choices = [("", "—"), *DEBT_COMPONENTS]  # type: ignore[attr-defined]
        self.fields["amount"] = AmountField(
            label=_("Amount in %(currency)s") % {"currency": account.currency},
            most=Money(0, account.currency),
            max_digits=18,
            min_value=0,
            initial="0",
        )
        entry: Any = self.fields["entry"]
        entry.queryset = JournalEntry.objects.filter(
            kind__in=PAYMENT_KINDS, pk__in=account.postings.values("entry_id")
        ).order_by("-pk")
        entry.label_from_instance = _label
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in NEEDED.get(cleaned.get("kind", ""), ()):
            if name not in self.errors and not cleaned.get(name):
                self.add_error(name, _("This is needed here."))
        if cleaned.get("kind") == Kind.FEE and cleaned.get("component") in ("principal", "interest"):
            self.add_error("component", _("Choose fees or costs."))
        until, on = cleaned.get("until"), cleaned.get("on")
        if until and on and until < on:
            self.add_error("until", _("The last day is before the first."))
        return cleaned


def _label(entry: JournalEntry) -> str:
    return f"{entry.effective_at:%Y-%m-%d} · {entry.data.get('payment') or entry.data.get('external_reference', '')}"
