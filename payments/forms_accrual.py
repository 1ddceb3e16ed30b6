"""What a person fills in to ask for a rule: interest, a fee, or an order of allocation."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Creditor, Hold
from common.clock import today
from common.errors import InvalidInput
from common.money import Money
from payments.accrual.allocation import COMPONENT_ORDER, DEFAULT_ORDER, Order, by_component, parse_buckets, texts_of
from payments.accrual.interest import ALWAYS_STOPPED
from payments.accrual.words import COMPONENT_WORDS
from payments.models import AllocationOrder, FeeRule, InterestTerms
from payments.models.accrual import CHARGED_COMPONENTS, Rule

MOST_PERCENT = 1_000
DAY_WIDGET = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
STOPPABLE = [row for row in Hold.Kind.choices if row[0] not in ALWAYS_STOPPED]
IN_PERCENT = {"min_value": 0, "max_value": MOST_PERCENT, "decimal_places": 2, "max_digits": 6}


class PercentField(forms.DecimalField):
    """Percent as people write them; cleaned it is whole basis points, or None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**IN_PERCENT | kwargs)
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> int | None:
        number: Decimal | None = super().clean(value)
        return None if number is None else int(number.scaleb(2))


class RuleForm(OnceForm):
    """Whom it is for and when; `own` are the fields of the kind."""

    creditor = forms.ModelChoiceField(
        Creditor.objects.order_by("name"), label=_("Creditor"), required=False, empty_label=_("All creditors")
    )
    product = forms.CharField(
        label=_("Product"), required=False, max_length=24, help_text=_("As placement files name it. Empty: all.")
    )
    country = forms.RegexField(
        r"^[A-Z]{2}$",
        label=_("Country"),
        required=False,
        max_length=2,
        help_text=_("Where the debtor lives, in two letters such as DE. Empty: all."),
    )
    effective_from = forms.DateField(
        label=_("First day"),
        widget=DAY_WIDGET,
        help_text=_("May be past: accounts are then told again from that day on."),
    )
    effective_until = forms.DateField(
        label=_("First day it no longer counts"),
        required=False,
        widget=DAY_WIDGET,
        help_text=_("Empty: until another rule follows."),
    )
    citation = forms.CharField(
        label=_("Where it stands"),
        required=False,
        max_length=200,
        help_text=_("The law, or the clause of the contract."),
    )
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("In a few words. It stands in the record."))
    table: type[Rule]
    own: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "rule_%s"
        self.fields["product"].widget.attrs["list"] = "products"
        self.order_fields([*self.own, "creditor", "product", "country"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("effective_from"), data.get("effective_until")
        if first and last and last <= first:
            self.add_error("effective_until", _("This is before the rule begins."))
        return data

    def rule(self) -> Rule:
        """Not saved. Only the fields that were good, so that an example can be worked out on the way."""
        data = self.cleaned_data
        names = ("creditor", "product", "country", "effective_from", "effective_until", "citation")
        return self.table(**{name: data[name] for name in names if name in data} | self.said(data))

    def said(self, data: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


class InterestForm(RuleForm):
    yearly = PercentField(label=_("Percent a year"), help_text=_("On the principal, such as 8 or 7.25."))
    cap = PercentField(
        label=_("Highest lawful percent a year"), required=False, help_text=_("The lower of the two is charged.")
    )
    cap_share = PercentField(label=_("Interest and fees together, at most percent of what was placed"), required=False)
    day_count = forms.ChoiceField(
        label=_("How days are counted"), choices=InterestTerms.DayCount.choices, widget=forms.RadioSelect
    )
    runs_from = forms.ChoiceField(
        label=_("From when it runs"), choices=InterestTerms.RunsFrom.choices, widget=forms.RadioSelect
    )
    runs_during = forms.MultipleChoiceField(
        label=_("Holds that do not stop it"),
        required=False,
        choices=STOPPABLE,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Breathing space, bankruptcy and death always stop it, and so does a pause."),
    )
    table = InterestTerms
    own = ("yearly", "day_count", "runs_from", "cap", "cap_share", "runs_during")

    def said(self, data: dict[str, Any]) -> dict[str, Any]:
        same = {name: data[name] for name in ("day_count", "runs_from", "runs_during", "cap_share") if name in data}
        return same | {"yearly_basis_points": data.get("yearly"), "cap_basis_points": data.get("cap")}


class FeeForm(RuleForm):
    trigger = forms.ChoiceField(label=_("When"), choices=FeeRule.Trigger.choices, widget=forms.RadioSelect)
    days = forms.IntegerField(
        label=_("Days overdue"), required=False, min_value=1, max_value=3_650, help_text=_("For a fee that comes once.")
    )
    component = forms.ChoiceField(label=_("Counts as"), choices=CHARGED_COMPONENTS, widget=forms.RadioSelect)
    currency = forms.RegexField(
        r"^[A-Z]{3,4}$", label=_("Currency"), help_text=_("Three or four letters, such as CNY."), max_length=4
    )
    flat = forms.CharField(label=_("Flat amount"), required=False, max_length=20, help_text=_("Such as 25.00."))
    share = PercentField(label=_("Percent of the principal"), required=False)
    least = forms.CharField(label=_("At least"), required=False, max_length=20)
    most = forms.CharField(label=_("At most"), required=False, max_length=20)
    table = FeeRule
    own = ("trigger", "days", "component", "currency", "flat", "share", "least", "most")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for name in ("flat", "least", "most"):
            if data.get("currency") and name in data:
                self._read_amount(data, name)
        if data.get("trigger") == FeeRule.Trigger.OVERDUE and "days" not in self.errors and not data.get("days"):
            self.add_error("days", _("This is needed here."))
        if "flat" in data and not data["flat"] and not data.get("share"):
            self.add_error("flat", _("Say a flat amount, a percentage, or both."))
        least, most = data.get("least"), data.get("most")
        if isinstance(least, int) and isinstance(most, int) and most < least:
            self.add_error("most", _("This is less than the least."))
        return data

    def _read_amount(self, data: dict[str, Any], name: str) -> None:
        """A text becomes minor units; an empty one None."""
        try:
            minor = Money.parse(data[name], data["currency"]).minor if data[name] else None
        except InvalidInput as error:
            self.add_error(name, error.message)
            return
        data[name] = minor
        if minor is not None and minor < 0:
            self.add_error(name, _("An amount is not negative."))

    def said(self, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "trigger": data.get("trigger"),
            "days": (data.get("days") or 0) if data.get("trigger") == FeeRule.Trigger.OVERDUE else 0,
            "component": data.get("component"),
            "currency": data.get("currency"),
            "flat_minor": data.get("flat") or 0,
            "share_basis_points": data.get("share") or 0,
            "least_minor": data.get("least") or 0,
            "most_minor": data.get("most"),
        }


class OrderForm(RuleForm):
    buckets = forms.CharField(widget=forms.HiddenInput, max_length=400)
    follows_debtor = forms.BooleanField(
        label=_("What the debtor says a payment is for goes before this order"), required=False
    )
    table = AllocationOrder
    own = ("buckets", "follows_debtor", "citation")

    def clean_buckets(self) -> list[str]:
        try:
            return texts_of(parse_buckets(str(self.cleaned_data["buckets"]).split(",")))
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error

    def said(self, data: dict[str, Any]) -> dict[str, Any]:
        return {name: data.get(name) for name in ("buckets", "follows_debtor")}

    def order(self) -> Order:
        texts = self.cleaned_data.get("buckets")
        buckets = parse_buckets(texts) if texts else DEFAULT_ORDER.buckets
        return Order(buckets, follows_debtor=bool(self.cleaned_data.get("follows_debtor")))


class EndForm(OnceForm):
    day = forms.DateField(label=_("First day it no longer counts"), widget=DAY_WIDGET)
    reason = forms.CharField(label=_("Why"), max_length=200, help_text=_("In a few words. It stands in the record."))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="end_%s", initial={"day": today() + timedelta(days=1)})


class SampleForm(forms.Form):
    """The made-up debt of the worked example. Its fields ride in the rule's form and are no part of the rule."""

    sample_amount = forms.DecimalField(label=_("Amount"), min_value=0, max_digits=12, decimal_places=2)
    sample_days = forms.IntegerField(label=_("Days"), min_value=1, max_value=3_650)
    sample_instruction = forms.ChoiceField(
        label=_("The debtor says it is for"),
        required=False,
        choices=[("", _("nothing said")), *((name, COMPONENT_WORDS[name]) for name in COMPONENT_ORDER)],
    )

    def __init__(self, data: Any = None, *, kind: str) -> None:
        super().__init__(data, auto_id="%s")
        unused = {
            "interest": ["sample_instruction"],
            "fee": ["sample_days", "sample_instruction"],
            "order": ["sample_days"],
        }
        for name in unused[kind]:
            del self.fields[name]
        self.fields["sample_amount"].widget.attrs["inputmode"] = "decimal"


FORMS: dict[str, type[RuleForm]] = {"interest": InterestForm, "fee": FeeForm, "order": OrderForm}
FIRST: dict[str, dict[str, Any]] = {
    "interest": {"yearly": "8", "day_count": "actual_365", "runs_from": "placement"},
    "fee": {"trigger": "overdue", "component": "fees"},
    "order": {"buckets": ",".join(texts_of(by_component(*COMPONENT_ORDER))), "follows_debtor": True},
}


def initial_of(rule: Rule) -> dict[str, Any]:
    """A rule as its form shows it, to be followed by another: its days are left out."""
    said: dict[str, Any] = {"creditor": rule.creditor_id or "", "product": rule.product, "country": rule.country}
    said |= {"citation": rule.citation}
    if isinstance(rule, InterestTerms):
        shown = {"yearly": rule.yearly_basis_points, "cap": rule.cap_basis_points, "cap_share": rule.cap_share}
        said |= {name: _percent(points) for name, points in shown.items()}
        said |= {"day_count": rule.day_count, "runs_from": rule.runs_from, "runs_during": rule.runs_during}
    if isinstance(rule, FeeRule):
        shown = {"flat": rule.flat_minor or None, "least": rule.least_minor or None, "most": rule.most_minor}
        said |= {name: _amount(minor, rule.currency) for name, minor in shown.items()}
        said |= {"trigger": rule.trigger, "days": rule.days or "", "component": rule.component}
        said |= {"currency": rule.currency, "share": _percent(rule.share_basis_points or None)}
    if isinstance(rule, AllocationOrder):
        said |= {"buckets": ",".join(rule.buckets), "follows_debtor": rule.follows_debtor}
    return said


def _percent(points: int | None) -> str:
    return "" if points is None else format(Decimal(points).scaleb(-2), "f")


def _amount(minor: int | None, currency: str) -> str:
    return "" if minor is None else Money(minor, currency).to_decimal_string()
