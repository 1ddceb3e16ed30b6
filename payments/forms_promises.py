"""What a person fills in when somebody promises to pay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Account, User
from common.clock import now
from common.money import Money
from payments.forms_refunds import REASON_HELP, AmountField
from payments.models import Plan, Promise
from payments.promises import Part
from payments.promises.days import local_day
from payments.promises.limits import counts_from, least_part
from payments.promises.rules import rule_for
from payments.retries.words import day_words

OTHER = "other"
FRIDAY = 4


def quick_days(account: Account) -> list[tuple[str, Any]]:
    """(value, words): the next days people name, once each, in the debtor's zone."""
    first = local_day(account, now())
    pay_day = Plan.objects.filter(account=account).exclude(pay_day=None).order_by("-pk").first()
    named = [(first + timedelta(days=1), _("tomorrow"))]
    named.append((first + timedelta(days=(FRIDAY - first.weekday() - 1) % 7 + 1), _("next Friday")))
    if pay_day:
        ahead = (first + timedelta(days=number) for number in range(1, 32))
        named += [(day, _("pay day")) for day in ahead if day.day == pay_day.pay_day][:1]
    found: dict[date, Any] = {}
    for day, words in named:
        found.setdefault(day, words)
    return [(day.isoformat(), f"{words}, {day_words(day)}") for day, words in sorted(found.items())]


class PromiseForm(OnceForm):
    """One part for a debtor (`by` is None); a second one, and why, for who works here. Cleaned it has `parts`.

    `instead_of`: the promise that is changed.
    """

    when = forms.ChoiceField(label=_("On which day?"), widget=forms.RadioSelect)
    day = forms.DateField(
        label=_("Another day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    field_order = ["amount", "when", "day", "second_amount", "second_day", "reason", "note"]

    def __init__(
        self, data: Any = None, *, account: Account, by: User | None, instead_of: Promise | None = None
    ) -> None:
        super().__init__(data, auto_id="promise_%s")
        self.rule = rule_for(account.creditor)
        first = local_day(account, now())
        begin = counts_from(account, self.rule, by=by, instead_of=instead_of)
        self._days(account, first, last=max(first, begin + timedelta(days=self.rule.longest_days)))
        self._amounts(account, second=by is not None)
        if instead_of is not None and by is not None:
            self.fields["reason"] = forms.CharField(label=_("Why"), max_length=200, help_text=REASON_HELP)
        self.order_fields(self.field_order)

    def _days(self, account: Account, first: date, *, last: date) -> None:
        quick = [row for row in quick_days(account) if date.fromisoformat(row[0]) <= last]
        choices = [*quick, (OTHER, _("another day"))]
        self.fields["when"].choices = choices  # type: ignore[attr-defined]
        self.fields["when"].initial = choices[0][0]
        day = self.fields["day"]
        day.help_text = _("Until %(day)s at the latest.") % {"day": day_words(last)}
        day.widget.attrs |= {"min": first.isoformat(), "max": last.isoformat()}

    def _amounts(self, account: Account, *, second: bool) -> None:
        money: dict[str, Any] = {"most": account.balance, "max_digits": 18, "min_value": 0}
        self.fields["amount"] = AmountField(
            label=_("Amount in %(currency)s") % {"currency": account.currency},
            help_text=_("All of it, or a part of at least %(least)s.")
            % {"least": least_part(account, self.rule).format(get_language() or "en")},
            **money,
        )
        if not second:
            return
        self.fields["second_amount"] = SecondAmount(
            label=_("A second part, in %(currency)s") % {"currency": account.currency}, required=False, **money
        )
        self.fields["second_day"] = forms.DateField(
            label=_("Day of the second part"),
            required=False,
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("when") == OTHER and not cleaned.get("day"):
            self.add_error("day", _("Choose the day."))
        if bool(cleaned.get("second_amount")) != bool(cleaned.get("second_day")):
            self.add_error("second_day", _("A second part has an amount and a day."))
        return cleaned

    def parts(self) -> list[Part]:
        given = self.cleaned_data
        day = given["day"] if given["when"] == OTHER else date.fromisoformat(given["when"])
        parts = [Part(day, given["amount"].minor)]
        if given.get("second_amount"):
            parts.append(Part(given["second_day"], given["second_amount"].minor))
        return parts


class SecondAmount(AmountField):
    def __init__(self, *, most: Money, **kwargs: Any) -> None:
        super().__init__(most=most, **kwargs)
        self.initial = None

    def clean(self, value: Any) -> Any:
        return super().clean(value) if value else None


class WithdrawForm(OnceForm):
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=REASON_HELP)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="withdraw_%s")
