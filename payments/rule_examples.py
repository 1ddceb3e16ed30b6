"""The form's worked example, and its buttons that put the buckets of an order in another place."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from django.http import QueryDict

from accounts.models import Account
from common.money import Money, exponent
from payments.accrual.allocation import parse_buckets, texts_of
from payments.accrual.examples import fee_example, interest_example, order_example
from payments.accrual.words import PRESETS
from payments.forms_accrual import FORMS, FeeForm, InterestForm, OrderForm, SampleForm
from payments.words import percent

SAMPLE = {"sample_amount": "100", "sample_days": "30", "sample_instruction": ""}
ORDER_SAMPLE = SAMPLE | {"sample_amount": "120"}
NEEDED = {"interest": ("yearly", "day_count"), "fee": ("currency", "trigger"), "order": ("buckets",)}


def sample_of(kind: str, typed: Mapping[str, Any] | None) -> SampleForm:
    form = SampleForm(
        typed if typed and "sample_amount" in typed else (ORDER_SAMPLE if kind == "order" else SAMPLE), kind=kind
    )
    form.is_valid()
    return form


def worked_example(kind: str, typed: Mapping[str, Any], sample: SampleForm) -> dict[str, Any] | None:
    """What the rule in the form would do to the sample; None while a field it needs is missing or wrong."""
    form = FORMS[kind](typed if isinstance(typed, QueryDict) else _posted(typed))
    form.is_valid()
    if sample.errors or set(NEEDED[kind]) & set(form.errors) or _has_wrong_amount(form):
        return None
    if isinstance(form, InterestForm):
        terms, said = form.rule(), sample.cleaned_data
        found = interest_example(terms, _money(sample, _usual_currency()), said["sample_days"])  # type: ignore[arg-type]
        return {"interest": found, "rate_words": percent(terms.yearly_basis_points)}  # type: ignore[attr-defined]
    if isinstance(form, FeeForm):
        rule = form.rule()
        principal = _money(sample, rule.currency)  # type: ignore[attr-defined]
        return {"fee": fee_example(rule, principal), "principal": principal}  # type: ignore[arg-type]
    payment = _money(sample, _usual_currency())
    lines, left = order_example(cast(OrderForm, form).order(), payment, sample.cleaned_data["sample_instruction"])
    return {"lines": lines, "left": left, "payment": payment}


def _has_wrong_amount(form: Any) -> bool:
    return isinstance(form, FeeForm) and bool({"flat", "least", "most", "share"} & set(form.errors))


def _posted(initial: Mapping[str, Any]) -> dict[str, Any]:
    """Initial values as a browser would send them."""
    return {name: value for name, value in initial.items() if value not in (None, "", False)}


def _money(sample: SampleForm, currency: str) -> Money:
    amount: Decimal = sample.cleaned_data["sample_amount"]
    return Money(int(amount.scaleb(exponent(currency))), currency)


def _usual_currency() -> str:
    newest = Account.objects.order_by("-pk").values_list("currency", flat=True).first()
    return newest or "EUR"


def moved(typed: dict[str, Any], act: str) -> dict[str, Any]:
    """`act` is "up:past_due:costs", "down:...", or "preset" with its name in `preset`."""
    verb, _colon, text = act.partition(":")
    preset = PRESETS.get(str(typed.get("preset", "")))
    if verb == "preset" and preset:
        texts = texts_of(preset.buckets)
        return typed | {
            "buckets": ",".join(texts), "follows_debtor": preset.follows_debtor, "citation": preset.citation
        }  # fmt: skip
    texts = str(typed.get("buckets", "")).split(",")
    if verb in ("up", "down") and text in texts:
        here = texts.index(text)
        there = min(max(here + (1 if verb == "down" else -1), 0), len(texts) - 1)
        texts.insert(there, texts.pop(here))
        parse_buckets(texts)
    return typed | {"buckets": ",".join(texts)}
