"""The one form about a household, for the person and for an agent on the phone; and the forms of a decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.hardship.amounts import LONGEST, read_household_amount
from accounts.hardship.cases import LONGEST_NOTE, LONGEST_REASON
from accounts.hardship.household import (
    ALL_PAUSES,
    CHANGED,
    COSTS,
    INCOMES,
    LASTING,
    MOST_PEOPLE,
    PERIOD_WORDS,
    Amount,
    Household,
    Period,
)
from common.errors import InvalidInput

CONSENT = _(
    "I agree that you keep these numbers, sealed, to find a way to pay that I can afford. I can take this back at any"
    " time, and the numbers are deleted after two years at the latest."
)
CONSENT_SPOKEN = _(
    "I read this to them and they said yes: we keep these numbers, sealed, to find a way to pay that they can afford."
    " They can take this back at any time, and the numbers are deleted after two years at the latest."
)


class HouseholdForm(OnceForm):
    """`household` once the form is valid. An empty cost is nothing; at least one income has to be said."""

    changed = forms.ChoiceField(label=_("What has changed?"), choices=list(CHANGED.items()), widget=forms.RadioSelect)
    lasting = forms.ChoiceField(
        label=_("How long will it last, do you think?"), choices=list(LASTING.items()), widget=forms.RadioSelect
    )
    people = forms.IntegerField(
        label=_("How many people live from this money?"),
        min_value=1,
        max_value=MOST_PEOPLE,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4, "autocomplete": "off"}),
        error_messages={
            "required": _("Write how many, you included."),
            "invalid": _("Write a whole number, for example 3."),
            "min_value": _("You are at least one."),
            "max_value": _("Write a number up to 20."),
        },
    )
    note = forms.CharField(
        label=_("Anything we should know? You can leave this empty."),
        help_text=_("Please write nothing about your health. Only the people who decide read it."),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, currency: str, spoken: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.household, self.consent = currency, Household({}, 1, "", ""), str(CONSENT)
        for name, label in {**INCOMES, **COSTS}.items():
            self.fields[f"{name}_amount"] = forms.CharField(
                label=str(label),
                max_length=LONGEST,
                required=False,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )
            self.fields[f"{name}_period"] = forms.ChoiceField(
                label=_("How often"),
                choices=[(period.value, words) for period, words in PERIOD_WORDS.items()],
                initial=Period.MONTH.value,
                required=False,
            )
        self.consent = str(CONSENT_SPOKEN if spoken else CONSENT)
        self.fields["agreed"] = forms.BooleanField(
            label=self.consent,
            error_messages={"required": _("Tick the box if you agree. Without it we may not keep these numbers.")},
        )

    def incomes(self) -> Iterator[tuple[BoundField, BoundField]]:
        return self._rows(INCOMES)

    def costs(self) -> Iterator[tuple[BoundField, BoundField]]:
        return self._rows(COSTS)

    def _rows(self, names: Mapping[str, Promise]) -> Iterator[tuple[BoundField, BoundField]]:
        return ((self[f"{name}_amount"], self[f"{name}_period"]) for name in names)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        rows = {name: amount for name in [*INCOMES, *COSTS] if (amount := self._amount(name, data)) is not None}
        income_is_wrong = any(f"{name}_amount" in self.errors for name in INCOMES)
        if not income_is_wrong and not any(name in rows for name in INCOMES):
            self.add_error("wages_amount", gettext("Write what comes in, or 0 if there is nothing."))
        self.household = Household(rows, data.get("people") or 1, data.get("changed", ""), data.get("lasting", ""))
        return data

    def _amount(self, name: str, data: Mapping[str, Any]) -> Amount | None:
        try:
            minor = read_household_amount(data.get(f"{name}_amount") or "", self.currency)
        except InvalidInput as error:
            self.add_error(f"{name}_amount", error.message)
            return None
        return None if minor is None else Amount(minor, Period(data.get(f"{name}_period") or Period.MONTH))


class DecisionForm(OnceForm):
    """`pause_30` and the like, `plan`, `refused` or `ended`; only what this person may decide now is offered."""

    decision = forms.ChoiceField(label=_("Your decision"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("The person reads it on their page."),
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, choices: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decision"].choices = choices  # type: ignore[attr-defined]
        self.order_fields(["decision", "reason", "token"])


def pause_words(days: int) -> str:
    return gettext("A pause of %(days)s days, then we look again") % {"days": days}


PAUSE_KEYS = {f"pause_{days}": days for days in ALL_PAUSES}
