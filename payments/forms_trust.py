"""What a person fills in about money that a wallet has paid out to our bank."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from common.errors import InvalidInput
from common.money import Money
from payments.trust.balances import WithWallet


class ArrivalForm(OnceForm):
    """`wallet` names a wallet and a currency in which our books say that it holds money."""

    wallet = forms.ChoiceField(label=_("From which wallet"))
    amount = forms.CharField(label=_("Amount that arrived"), max_length=20, help_text=_("Such as 25.00."))
    arrived_on = forms.DateField(
        label=_("Booked by the bank on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    bank_reference = forms.CharField(
        label=_("Reference at the bank"), max_length=80, help_text=_("As the bank's record of the transfer shows it.")
    )

    def __init__(self, *args: Any, wallets: list[WithWallet], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wallets = {f"{one.provider.key}:{one.amount.currency}": one for one in wallets}
        choices = [(key, f"{one.provider.display_name}, {one.amount.currency}") for key, one in self.wallets.items()]
        self.fields["wallet"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = self.wallets.get(data.get("wallet", ""))
        if chosen and data.get("amount"):
            data["provider"] = chosen.provider
            try:
                data["money"] = Money.parse(data["amount"], chosen.amount.currency)
            except InvalidInput as error:
                self.add_error("amount", error.message)
        return data


class WhyForm(OnceForm):
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("It stands in the record."))
