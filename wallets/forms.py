"""The forms of the provider register and of debit agreements."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from common.errors import InvalidInput
from common.money import Money
from wallets.models import Provider


class ProviderStatusForm(OnceForm):
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("It stands in the record and on this page."))


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("It stands in the record."))


class CodesField(forms.CharField):
    """Codes written with spaces or commas between them, kept as a list in capitals."""

    def __init__(self, *, longest: int, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.longest = longest

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        codes = list(dict.fromkeys(str(value or "").upper().replace(",", " ").split()))
        wrong = [code for code in codes if not (code.isalpha() and 2 <= len(code) <= self.longest)]
        if wrong:
            raise forms.ValidationError(_("Write codes with a comma between them, for example CN, GB."))
        return codes


class ProviderForm(forms.ModelForm):
    regions = CodesField(label=_("Places"), longest=2, help_text=_("Country codes, for example CN, KE."))
    currencies = CodesField(label=_("Currencies"), longest=4, help_text=_("For example CNY, EUR."))

    class Meta:
        model = Provider
        fields = ("licence", "certification", "regions", "currencies", "review_due", "position")
        labels = {
            "licence": _("Licence"),
            "certification": _("Certification"),
            "review_due": _("Next review"),
            "position": _("Place in the order"),
        }
        widgets = {"review_due": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def clean_review_due(self) -> Any:
        day = self.cleaned_data["review_due"]
        if day is None and self.instance.status == "vetted":
            raise forms.ValidationError(_("A wallet that takes money needs a date for its next review."))
        return day


class FeeForm(forms.Form):
    """One currency's fee: a share in percent with up to two decimals, and a fixed part."""

    currency = forms.RegexField(label=_("Currency"), regex=r"^[A-Za-z]{3,4}$", max_length=4)
    percent = forms.DecimalField(
        label=_("Share in percent"), min_value=Decimal(0), max_value=Decimal(100), decimal_places=2, initial=0
    )
    fixed = forms.CharField(label=_("Fixed part"), max_length=12, initial="0")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "currency" in data and "fixed" in data:
            try:
                data["money"] = Money.parse(data["fixed"], data["currency"].upper())
            except InvalidInput as error:
                self.add_error("fixed", error.message)
        if data.get("money") and data["money"].minor < 0:
            self.add_error("fixed", _("A fee is not negative."))
        return data

    def values(self) -> dict[str, Any]:
        """What `ProviderFee` keeps."""
        data = self.cleaned_data
        return {
            "currency": data["money"].currency,
            "basis_points": int(data["percent"] * 100),
            "fixed_minor": data["money"].minor,
        }
