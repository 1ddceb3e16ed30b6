"""What an operator fills in about a deposit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from payments.models import Deposit

CHOICES = {
    "credit": _("Credit it to this account. What is more than owed becomes this person's surplus."),
    "return": _("Send it back. Somebody with the signing device makes the transfer by hand."),
    "leave": _("Leave it where it is. Nothing is posted and nothing is sent."),
}
SEEN = {"leave": _("I have seen it. Nothing is posted and nothing is sent.")}


class DecisionForm(OnceForm):
    decision = forms.ChoiceField(label=_("What becomes of it"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("It stands in the record."))

    def __init__(self, *args: Any, decisions: list[str], deposit: Deposit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = SEEN if deposit.state == "gone" else CHOICES
        self.fields["decision"].choices = [(name, words[name]) for name in decisions]  # type: ignore[attr-defined]


class PutBackForm(OnceForm):
    reason = forms.CharField(label=_("Why not"), max_length=200, help_text=_("It stands in the record."))


class ReturnedForm(OnceForm):
    transaction_id = forms.CharField(
        label=_("Transaction that carried it back"),
        max_length=96,
        help_text=_("As the wallet or the explorer shows it."),
    )
