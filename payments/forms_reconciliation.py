"""What an operator fills in about a difference with a wallet's statement."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Creditor, User
from accounts.models.creditors import HOUSE
from payments.models import ReconciliationItem
from payments.reconciliation.deciding import TO_PEOPLE

STATES = [
    ("", _("waiting")),
    ("open", _("open")),
    ("proposed", _("to confirm")),
    ("resolved", _("settled")),
    ("all", _("all")),
]
AGES = [("", _("any age")), ("day", _("over a day")), ("week", _("over a week")), ("month", _("over a month"))]
OWNERS = [("", _("anybody")), ("me", _("mine")), ("nobody", _("nobody's"))]


class FilterForm(forms.Form):
    provider = forms.ChoiceField(label=_("Wallet"), required=False)
    kind = forms.ChoiceField(
        label=_("Difference"), required=False, choices=[("", _("all")), *ReconciliationItem.Kind.choices]
    )
    age = forms.ChoiceField(label=_("Age"), required=False, choices=AGES)
    owner = forms.ChoiceField(label=_("Owner"), required=False, choices=OWNERS)
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)

    def __init__(self, *args: Any, providers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].choices = [("", _("all")), *providers]  # type: ignore[attr-defined]


class AssignForm(OnceForm):
    owner = forms.ModelChoiceField(
        label=_("Who sees to it"), queryset=User.objects.exclude(role="creditor").filter(is_active=True)
    )


class ReasonForm(OnceForm):
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("It stands in the record."))


class MatchForm(ReasonForm):
    reference = forms.CharField(
        label=_("Our number of the payment at the wallet"),
        max_length=64,
        help_text=_("As the payment's page shows it."),
    )
    field_order = ["reference", "reason"]


class ForceForm(ReasonForm):
    destination = forms.ChoiceField(label=_("Post the difference to"), choices=ReconciliationItem.Destination.choices)
    account = forms.CharField(
        label=_("The account's number"),
        max_length=40,
        required=False,
        help_text=_("Only where it is somebody's payment, such as one whose reference was mistyped."),
    )
    creditor = forms.ModelChoiceField(
        label=_("Whose money it is"), queryset=Creditor.objects.exclude(code=HOUSE), required=False
    )
    field_order = ["destination", "account", "creditor", "reason"]

    def __init__(self, *args: Any, item: ReconciliationItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if item.creditor_id:
            del self.fields["creditor"]
        if item.difference.minor <= 0:
            del self.fields["account"]
            choices = [one for one in ReconciliationItem.Destination.choices if one[0] not in TO_PEOPLE]
            self.fields["destination"].choices = choices  # type: ignore[attr-defined]
