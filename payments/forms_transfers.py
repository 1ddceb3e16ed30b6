"""What a person fills in about a transfer that came to our own bank account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Account, User
from accounts.selectors import access_account
from common.errors import InvalidInput, NotFound
from common.money import Money
from payments.transfers.access import currencies

SHOWS = [
    ("", _("waiting")),
    ("confirm", _("to confirm")),
    ("suspense", _("nobody's yet")),
    ("to_return", _("to be sent back")),
    ("placed", _("on an account")),
    ("closed", _("over")),
    ("all", _("all")),
]
AGES = [("", _("any age")), ("day", _("over a day")), ("week", _("over a week")), ("month", _("over a month"))]
OWNERS = [("", _("anybody")), ("me", _("mine")), ("nobody", _("nobody's"))]


class TransferFilters(forms.Form):
    show = forms.ChoiceField(label=_("State"), required=False, choices=SHOWS)
    owner = forms.ChoiceField(label=_("Owner"), required=False, choices=OWNERS)
    age = forms.ChoiceField(label=_("Since"), required=False, choices=AGES)
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    find = forms.CharField(label=_("Number"), required=False, max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("all")), *((code, code) for code in currencies())]
        self.fields["currency"].choices = choices  # type: ignore[attr-defined]


class AccountField(forms.CharField):
    """An account's number; cleaned it is the account. `user`: who types it, and may see it."""

    def __init__(self, *, user: User, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)
        self.user = user

    def clean(self, value: Any) -> Account | None:
        text = super().clean(value).strip().upper()
        if not text:
            return None
        try:
            account = access_account(self.user, text)
        except NotFound as error:
            raise forms.ValidationError(error.message) from error
        if account.reference != text:
            raise forms.ValidationError(_("This is not an account's number. It begins with ACC."))
        return account


class ReceivedForm(OnceForm):
    amount = forms.CharField(label=_("Amount that arrived"), max_length=20, help_text=_("Such as 25.00."))
    currency = forms.ChoiceField(label=_("Currency"))
    value_date = forms.DateField(
        label=_("Value date"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The day from which the money counts, as the statement says."),
    )
    bank_reference = forms.CharField(
        label=_("Reference at the bank"), max_length=80, help_text=_("As the bank's record of the transfer shows it.")
    )
    payer_name = forms.CharField(
        label=_("Who sent it"), max_length=140, help_text=_("The name as the statement writes it.")
    )
    remark = forms.CharField(
        label=_("What the sender wrote"), max_length=140, required=False, help_text=_("As the statement shows it.")
    )
    field_order = ["amount", "currency", "value_date", "bank_reference", "payer_name", "remark", "account"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = [(code, code) for code in currencies()]  # type: ignore[attr-defined]
        self.fields["account"] = AccountField(
            user=user,
            label=_("For which account"),
            required=False,
            help_text=_("Its number. Leave it empty while nobody knows: the money then waits in suspense."),
        )
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("amount") and data.get("currency"):
            try:
                data["money"] = Money.parse(data["amount"], data["currency"])
            except InvalidInput as error:
                self.add_error("amount", error.message)
        return data


class WhyForm(OnceForm):
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("It stands in the record."))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class PlaceForm(WhyForm):
    field_order = ["account", "reason"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["account"] = AccountField(user=user, label=_("The account's number"))
        self.order_fields(self.field_order)


class SentForm(OnceForm):
    reference = forms.CharField(label=_("Number of the transfer at the bank"), max_length=80)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class TakeForm(OnceForm):
    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class OwnerForm(TakeForm):
    owner = forms.ModelChoiceField(
        label=_("Who sees to it"), queryset=User.objects.exclude(role="creditor").filter(is_active=True)
    )
