"""What a debtor may send us. Nothing here knows who they are: the link in the address does."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.imports.errors import BadValue
from accounts.imports.phones import parse_phone
from accounts.masking import DOTS, masked_contact
from accounts.models import ContactPoint
from common.errors import InvalidInput
from common.money import Money
from payments.debtor_standing import Situation, still_due

FULL, INSTALMENT, OTHER = "full", "instalment", "other"
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_COMMA_DECIMALS = re.compile(r"\d+,\d{1,2}")
_CURRENCY_WORDS = re.compile(r"[^\d.,\-]")


def read_amount(text: str, currency: str) -> Money:
    """An amount as people type it: full-width digits, a currency sign, commas for thousands or for decimals."""
    plain = _CURRENCY_WORDS.sub("", unicodedata.normalize("NFKC", text))
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    elif _COMMA_DECIMALS.fullmatch(plain):
        plain = plain.replace(",", ".")
    try:
        return Money.parse(plain, currency)
    except InvalidInput as error:
        raise forms.ValidationError(gettext("Write an amount like 250 or 250.00.")) from error


class PayForm(forms.Form):
    """`money` is the chosen amount once the form is valid."""

    choice = forms.ChoiceField(label=_("How much do you want to pay now?"), widget=forms.RadioSelect)
    other = forms.CharField(
        label=_("Amount"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    provider = forms.SlugField(max_length=24)
    remember = forms.BooleanField(label=_("Remember this wallet for next time"), required=False)
    request_key = forms.RegexField(regex=r"^[0-9a-f]{32}$", widget=forms.HiddenInput)

    def __init__(self, *args: Any, situation: Situation, balance: Money, account: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.balance, self.money = balance, balance
        row = situation.instalment
        self.instalment = still_due(row, account) if row else None
        if self.instalment == balance:
            self.instalment = None
        self.fields["choice"].choices = self._choices()  # type: ignore[attr-defined]

    def _choices(self) -> list[tuple[str, Any]]:
        middle = [(INSTALMENT, _("The instalment that is due"))] if self.instalment else []
        return [*middle, (FULL, _("Everything")), (OTHER, _("Another amount"))]

    def amounts(self) -> list[tuple[str, Any, Money | None]]:
        """Value, label and amount of each choice, for the page."""
        known = {FULL: self.balance, INSTALMENT: self.instalment}
        return [(value, label, known.get(value)) for value, label in self._choices()]

    def chosen(self) -> str:
        return str(self.data.get("choice") or self.initial.get("choice") or FULL)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        choice = data.get("choice")
        if choice == INSTALMENT and self.instalment:
            self.money = self.instalment
        if choice == OTHER and "other" not in self.errors:
            self._clean_other(data.get("other", ""))
        return data

    def _clean_other(self, text: str) -> None:
        if not text.strip():
            self.add_error("other", _("Write how much you want to pay."))
            return
        try:
            self.money = read_amount(text, self.balance.currency)
        except forms.ValidationError as error:
            self.add_error("other", error)
            return
        if self.money.minor <= 0:
            self.add_error("other", _("The amount must be more than nothing."))
        if self.balance < self.money:
            most = self.balance.format(get_language() or "en")
            self.add_error("other", gettext("You owe %(most)s, so that is the most you can pay.") % {"most": most})


class SavedPayForm(PayForm):
    """The same question about the amount; `method` is the saved wallet that was pressed."""

    provider = None  # type: ignore[assignment]
    method = forms.UUIDField()


class PhoneForm(forms.Form):
    """The number a wallet's prompt goes to. `number` (E.164) once it is valid; `on_file` is ours, shown masked."""

    ON_FILE, OTHER_NUMBER = "on_file", "other"
    which = forms.ChoiceField(label=_("Which phone?"), widget=forms.RadioSelect, required=False)
    phone = forms.CharField(
        label=_("Phone number of the wallet"),
        help_text=_("With the country code or as you dial it at home. The wallet sends its question there."),
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )

    def __init__(self, *args: Any, country: str, on_file: ContactPoint | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country, self.on_file, self.number = country, on_file, ""
        if on_file is None:
            del self.fields["which"]
            self.fields["phone"].required = True
            return
        ours = _("%(number)s, the number we have") % {"number": masked_contact(on_file)}
        choices = [(self.ON_FILE, ours), (self.OTHER_NUMBER, _("Another number"))]
        self.fields["which"].choices = choices  # type: ignore[attr-defined]
        self.initial.setdefault("which", self.ON_FILE)

    @property
    def masked(self) -> str:
        return f"{DOTS} {self.number[-3:]}"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.on_file and data.get("which") == self.ON_FILE:
            self.number = self.on_file.value
            return data
        if "phone" in self.errors:
            return data
        try:
            self.number = parse_phone(data.get("phone", ""), country=self.country)
        except BadValue:
            self.add_error("phone", _("Write the phone number of the wallet, for example +254 712 345 678."))
        return data


class LabelForm(forms.Form):
    label = forms.CharField(label=_("Your name for this wallet"), max_length=60, required=False)


class IdentityForm(forms.Form):
    birth_year = forms.CharField(
        label=_("In which year were you born?"),
        help_text=_("Four digits, for example 1985."),
        max_length=8,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "bday-year", "size": 6}),
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_birth_year(self) -> str:
        text = unicodedata.normalize("NFKC", self.cleaned_data["birth_year"]).strip()
        if not re.fullmatch(r"\d{4}", text):
            raise forms.ValidationError(_("Write the year with four digits, for example 1985."))
        return text


class PreferencesForm(forms.Form):
    language = forms.ChoiceField(label=_("Language of our pages and messages"), widget=forms.RadioSelect)
    large_text = forms.BooleanField(label=_("Larger text"), required=False)
    plain_pages = forms.BooleanField(label=_("Simple pages: only what matters, in few words"), required=False)

    def __init__(self, *args: Any, languages: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = languages  # type: ignore[attr-defined]


class PlanChoiceForm(forms.Form):
    """Which ready plan, from which day. Read from the address, so that the page can be shared with a helper."""

    count = forms.IntegerField(min_value=1, max_value=120)
    first = forms.DateField()
    wallet = forms.SlugField(max_length=24, required=False)


class AgreeForm(PlanChoiceForm):
    provider = forms.SlugField(max_length=24)
    request_key = forms.RegexField(regex=r"^[0-9a-f]{32}$")
    cover = forms.CharField(max_length=20, required=False)
    shown = forms.CharField(max_length=64, required=False)
    agreed = forms.BooleanField(
        label=_("I have read these terms and agree to them."),
        error_messages={"required": _("Tick the box if you agree. Nothing is set up until you do.")},
    )
