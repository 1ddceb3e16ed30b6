"""What a person fills in to give money back, and to decide about it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Account
from common.errors import InvalidInput
from common.money import Money
from payments.models import Refund
from payments.refunds import Choice

REASON_HELP = _("In a few words. It stands in the record.")


class AmountField(forms.DecimalField):
    """An amount as people write it, in one currency; cleaned it is `Money`."""

    def __init__(self, *, most: Money, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most
        self.initial = most.to_decimal_string()
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> Money:
        number: Decimal = super().clean(value)
        try:
            return Money.parse(format(number, "f"), self.most.currency)
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error


class RefundForm(OnceForm):
    purpose = forms.ChoiceField(label=_("What is it?"), choices=Refund.Purpose.choices, widget=forms.RadioSelect)
    way = forms.ChoiceField(label=_("Which way?"), choices=Refund.Way.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=REASON_HELP)
    field_order = ["amount", "purpose", "way", "reason"]

    def __init__(self, data: Any = None, *, choice: Choice) -> None:
        ways = [row for row in Refund.Way.choices if row[0] == Refund.Way.TRANSFER or not choice.wallet_refusal]
        likely = Refund.Purpose.OVERPAYMENT if choice.surplus else Refund.Purpose.OWED_AGAIN
        first = {"purpose": likely, "way": ways[0][0]}
        super().__init__(data, initial=first)
        about = choice.surplus if choice.surplus else choice.most
        self.fields["amount"] = AmountField(
            label=_("Amount in %(currency)s") % {"currency": choice.most.currency}, most=about, max_digits=18
        )
        self.fields["way"].choices = ways  # type: ignore[attr-defined]
        self.order_fields(self.field_order)


class NoteForm(OnceForm):
    note = forms.CharField(label=_("Why"), max_length=200, help_text=REASON_HELP)


class TransferForm(OnceForm):
    reference = forms.CharField(label=_("Number of the transfer at the bank"), max_length=128)


class MoveForm(OnceForm):
    to_account = forms.ModelChoiceField(Account.objects.none(), label=_("To which account?"))
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=REASON_HELP)
    field_order = ["to_account", "amount", "reason"]

    def __init__(self, data: Any = None, *, free: Money, others: Any) -> None:
        super().__init__(data, auto_id="move_%s")
        self.fields["amount"] = AmountField(
            label=_("Amount in %(currency)s") % {"currency": free.currency}, most=free, max_digits=18
        )
        field: Any = self.fields["to_account"]
        field.queryset, field.label_from_instance = others, _label
        self.order_fields(self.field_order)


def _label(account: Account) -> str:
    return _("%(reference)s, %(amount)s owed") % {"reference": account.reference, "amount": account.balance}


class KeepForm(OnceForm):
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=REASON_HELP)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="keep_%s")
