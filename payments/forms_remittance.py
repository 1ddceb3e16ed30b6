"""What people fill in about remittances and the terms behind them."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from common.errors import InvalidInput
from common.money import Money
from payments.models import CommissionTerms
from payments.models.remittance import Way

_HUNDREDTHS = Decimal(100)


class PaidForm(OnceForm):
    bank_reference = forms.CharField(
        label=_("Reference at the bank"), max_length=80, help_text=_("As the bank's record of the transfer shows it.")
    )


class CancelForm(OnceForm):
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("It stands in the record."))


class TermsForm(OnceForm):
    currency = forms.RegexField(
        r"^[A-Z]{3,4}$", label=_("Currency"), help_text=_("Three or four letters, such as CNY."), max_length=4
    )
    valid_from = forms.DateField(
        label=_("Valid from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("For money that moves on or after this day."),
    )
    basis = forms.ChoiceField(label=_("Commission"), choices=CommissionTerms.Basis.choices)
    flat = forms.CharField(label=_("Flat amount"), required=False, max_length=20, help_text=_("Such as 25.00."))
    percentage = forms.DecimalField(
        label=_("Percent"), required=False, min_value=0, max_value=100, decimal_places=2, max_digits=5
    )
    tiers = forms.CharField(
        label=_("Tiers"), required=False, max_length=200, help_text=_("Days and percent, such as 0:15, 90:25, 365:40.")
    )
    rounding = forms.ChoiceField(label=_("Rounding"), choices=CommissionTerms.Rounding.choices)
    way = forms.ChoiceField(label=_("What is paid out"), choices=Way.choices)
    cadence = forms.ChoiceField(label=_("How often"), choices=CommissionTerms.Cadence.choices)
    zone = forms.CharField(
        label=_("Time zone"), max_length=40, initial="UTC", help_text=_("Whose days they are, such as Asia/Shanghai.")
    )
    fees_passed_on = forms.BooleanField(label=_("The creditor bears the providers' fees"), required=False)
    direct_counts = forms.BooleanField(
        label=_("Commission is also due on what debtors pay to the creditor itself"), required=False, initial=True
    )

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"]).strip()
        if zone not in available_timezones():
            raise forms.ValidationError(_("There is no such time zone. Write it like Asia/Shanghai."))
        return zone

    def clean_tiers(self) -> list[tuple[int, int]]:
        text = str(self.cleaned_data["tiers"]).strip()
        try:
            return [_tier(part) for part in text.split(",")] if text else []
        except (ValueError, ArithmeticError) as error:
            raise forms.ValidationError(_("Write tiers as days and percent, such as 0:15, 90:25.")) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        needed = {"account": "flat", "payment": "flat", "percent": "percentage", "tiered": "tiers"}
        field = needed.get(data.get("basis", ""), "")
        if field and field not in self.errors and data.get(field) in (None, "", []):
            self.add_error(field, _("This kind of commission needs it."))
        return data

    def agreed(self) -> dict[str, Any]:
        """As `set_terms` takes them. Raises `InvalidInput` for an amount that is none."""
        data = self.cleaned_data
        plain = ("basis", "rounding", "way", "cadence", "zone", "fees_passed_on", "direct_counts")
        return {
            **{name: data[name] for name in plain},
            "flat_minor": _flat(data["flat"], data["currency"]) if data["basis"] in ("account", "payment") else 0,
            "rate": _rate(data["percentage"]) if data["basis"] == "percent" else 0,
            "tier_days": [days for days, _share in data["tiers"]],
            "tier_rates": [rate for _days, rate in data["tiers"]],
        }


def _flat(text: str, currency: str) -> int:
    try:
        minor = Money.parse(text, currency).minor
    except InvalidInput as error:
        raise InvalidInput(error.message, field="flat") from error
    if minor < 0:
        raise InvalidInput(str(_("An amount is not negative.")), field="flat")
    return minor


def _rate(percentage: Decimal) -> int:
    return int((percentage * _HUNDREDTHS).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def _tier(text: str) -> tuple[int, int]:
    days, _colon, rate = text.partition(":")
    share = Decimal(rate.strip())
    if not share.is_finite() or not 0 <= share <= 100 or not 0 <= int(days) <= 36_500:
        raise ValueError(text)
    return int(days), _rate(share)
