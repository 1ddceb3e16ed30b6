"""What a person fills in at the end of the road."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Account, Creditor, User
from accounts.roles import may
from common.errors import InvalidInput
from common.money import Money
from payments.forms_refunds import REASON_HELP
from payments.models import AccountMove, Agency, EndRule
from payments.moves.table import CLOSE_REASONS, sources_of

Kind = AccountMove.Kind
STEPS = (Kind.WRITE_OFF, Kind.RECALL, Kind.AGENCY, Kind.CLOSE)


def close_reasons(account: Account) -> list[tuple[str, Any]]:
    owing = account.balance_minor > 0
    return [
        (code, reason.words)
        for code, reason in CLOSE_REASONS.items()
        if account.status in reason.sources and not (owing and code in ("paid", "settled"))
    ]


def steps_for(account: Account, user: User) -> list[str]:
    """What can be asked for now, by this person."""
    if not may(user, "work"):
        return [Kind.RECALL] if may(user, "recall") and account.status in sources_of(Kind.RECALL, "") else []
    owing = account.balance_minor > 0
    found = [
        kind
        for kind in (Kind.WRITE_OFF, Kind.RECALL, Kind.AGENCY)
        if account.status in sources_of(kind, "") and (owing or kind == Kind.RECALL)
    ]
    return [*found, *([Kind.CLOSE] if close_reasons(account) else [])]


class StepForm(OnceForm):
    kind = forms.ChoiceField(label=_("What is to happen?"), widget=forms.RadioSelect)
    amount = forms.CharField(
        label=_("Amount, for a write-off of a part"), required=False, max_length=24, help_text=_("Empty: all of it.")
    )
    why = forms.ChoiceField(label=_("Why it is closed"), required=False)
    agency = forms.ModelChoiceField(Agency.objects.none(), label=_("Agency, for a hand-over"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=REASON_HELP)
    field_order = ["kind", "amount", "why", "agency", "reason"]

    def __init__(self, data: Any = None, *, account: Account, user: User) -> None:
        super().__init__(data, auto_id="end_%s")
        self.account = account
        steps = steps_for(account, user)
        fields: Any = self.fields
        fields["kind"].choices = [(kind, Kind(kind).label) for kind in steps]
        fields["why"].choices = [("", "—"), *close_reasons(account)]
        fields["agency"].queryset = Agency.objects.filter(active=True).order_by("name")
        needed = {"amount": Kind.WRITE_OFF, "why": Kind.CLOSE, "agency": Kind.AGENCY}
        for name, kind in needed.items():
            if kind not in steps:
                del self.fields[name]
        if len(steps) == 1:
            fields["kind"].initial = steps[0]

    def clean_amount(self) -> Money | None:
        text = self.cleaned_data["amount"].replace(",", "").strip()
        if not text:
            return None
        try:
            return Money.parse(text, self.account.currency)
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == Kind.CLOSE and not data.get("why"):
            self.add_error("why", _("Choose why it is closed."))
        if data.get("kind") == Kind.AGENCY and not data.get("agency"):
            self.add_error("agency", _("Choose an agency that takes accounts now."))
        return data


class DecisionForm(OnceForm):
    note = forms.CharField(label=_("Note"), max_length=200, required=False, help_text=_("Needed to turn it down."))


class BackForm(OnceForm):
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=REASON_HELP)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="back_%s")


class AgencyForm(forms.ModelForm):
    class Meta:
        model = Agency
        fields = ["name", "email", "phone", "licence", "active"]


class EndRuleForm(forms.ModelForm):
    class Meta:
        model = EndRule
        fields = ["alone_units", "may_pay"]


class RecallFileForm(forms.Form):
    creditor = forms.ModelChoiceField(Creditor.objects.none(), label=_("Creditor"))
    file = forms.FileField(
        label=_("File"), help_text=_("CSV with a header row: account_reference, and reason if you like.")
    )

    def __init__(self, *args: Any, creditors: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["creditor"]
        field.queryset = creditors
        if creditors.count() == 1:
            field.initial = creditors.first()
