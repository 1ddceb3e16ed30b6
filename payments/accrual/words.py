"""Rules in words: whom one is for, what it says, and the orders of allocation that laws name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import Hold
from common.money import Money
from payments.accrual.allocation import Bucket, by_component, by_timing, parse_buckets
from payments.models import AllocationOrder, FeeRule, InterestTerms
from payments.models.accrual import DEBT_COMPONENTS, Rule
from payments.words import percent

TIMING_WORDS: dict[str, Promise] = {
    "past_due": gettext_lazy("past due"),
    "due": gettext_lazy("due that day"),
    "in_advance": gettext_lazy("not due yet"),
}
COMPONENT_WORDS: dict[str, Promise] = dict(DEBT_COMPONENTS)


@dataclass(frozen=True)
class Preset:
    """An order that a law (or an agreement) gives, with where it stands there."""

    key: str
    name: Promise
    citation: str
    buckets: tuple[Bucket, ...]
    follows_debtor: bool


PRESETS: dict[str, Preset] = {
    row.key: row
    for row in (
        Preset(
            "bgb_367",
            gettext_lazy("Germany in general: costs, interest, principal"),
            "BGB § 366(1), § 367(1)",
            by_component("costs", "fees", "interest", "principal"),
            follows_debtor=True,
        ),
        Preset(
            "bgb_497",
            gettext_lazy("Germany, consumer loans: costs, principal, interest"),
            "BGB § 497(3)",
            by_component("costs", "principal", "fees", "interest"),
            follows_debtor=False,
        ),
        Preset(
            "prc_561",
            gettext_lazy("China: costs, interest, principal"),
            "中华人民共和国民法典 art. 561",
            by_component("costs", "fees", "interest", "principal"),
            follows_debtor=False,
        ),
        Preset(
            "code_civil",
            gettext_lazy("France: interest before principal"),
            "Code civil art. 1343-1",
            by_component("interest", "costs", "fees", "principal"),
            follows_debtor=False,
        ),
        Preset(
            "past_due_first",
            gettext_lazy("By agreement: all that is past due before what is due"),
            "",
            by_timing("costs", "fees", "interest", "principal"),
            follows_debtor=True,
        ),
    )
}


def bucket_words(bucket: Bucket) -> str:
    timing, component = bucket
    return f"{COMPONENT_WORDS[component]}, {TIMING_WORDS[timing]}"


def rule_title(rule: Rule) -> str:
    if isinstance(rule, InterestTerms):
        return _("%(rate)s a year") % {"rate": percent(rule.yearly_basis_points)}
    if isinstance(rule, FeeRule):
        return _fee_title(rule)
    return _order_title(parse_buckets(cast(AllocationOrder, rule).buckets))


def _fee_title(rule: FeeRule) -> str:
    parts = [_money(rule.flat_minor, rule.currency)] if rule.flat_minor or not rule.share_basis_points else []
    if rule.share_basis_points:
        parts.append(_("%(rate)s of the principal") % {"rate": percent(rule.share_basis_points)})
    return f"{' + '.join(parts)}: {occasion_words(rule)}"


def occasion_words(rule: FeeRule) -> str:
    if rule.trigger == FeeRule.Trigger.OVERDUE:
        return _("once, %(days)s days after the due date") % {"days": rule.days}
    return str(dict(FeeRule.Trigger.choices)[rule.trigger])


def _order_title(buckets: tuple[Bucket, ...]) -> str:
    for preset in PRESETS.values():
        if preset.buckets == buckets:
            return str(preset.name)
    return _("First %(first)s") % {"first": bucket_words(buckets[0])}


def scope_words(rule: Rule) -> str:
    """Whom it is for, the widest being all accounts."""
    said = [
        rule.creditor.name if rule.creditor else "",
        rule.product,
        rule.country,
        rule.currency if isinstance(rule, FeeRule) else "",
    ]
    return " · ".join(text for text in said if text) or _("all accounts")


def rule_facts(rule: Rule) -> list[tuple[str, Any]]:
    """(what, how) line by line, as a person checks it."""
    if isinstance(rule, InterestTerms):
        return _interest_facts(rule)
    if isinstance(rule, FeeRule):
        return _fee_facts(rule)
    follows = cast(AllocationOrder, rule).follows_debtor
    effect = _("goes before this order") if follows else _("does not change this order")
    return [(_("What the debtor says a payment is for"), effect)]


def _interest_facts(rule: InterestTerms) -> list[tuple[str, Any]]:
    kinds = dict(Hold.Kind.choices)
    runs = ", ".join(str(kinds[name]) for name in rule.runs_during)
    facts = [
        (
            _("Rate"),
            _("%(rate)s a year on the principal, never on interest") % {"rate": percent(rule.yearly_basis_points)},
        ),
        (_("How days are counted"), rule.get_day_count_display()),
        (_("Runs"), rule.get_runs_from_display()),
        (_("Goes on during"), runs or _("no kind of hold")),
    ]
    if rule.cap_basis_points is not None:
        facts.append((_("Highest lawful rate"), percent(rule.cap_basis_points)))
    if rule.cap_share is not None:
        facts.append(
            (
                _("Interest and fees together"),
                _("at most %(rate)s of what was placed") % {"rate": percent(rule.cap_share)},
            )
        )
    return facts


def _fee_facts(rule: FeeRule) -> list[tuple[str, Any]]:
    facts = [(_("When"), occasion_words(rule)), (_("Counts as"), rule.get_component_display())]
    if rule.flat_minor:
        facts.append((_("Flat amount"), _money(rule.flat_minor, rule.currency)))
    if rule.share_basis_points:
        facts.append((_("Share of the principal"), percent(rule.share_basis_points)))
    if rule.least_minor:
        facts.append((_("At least"), _money(rule.least_minor, rule.currency)))
    if rule.most_minor is not None:
        facts.append((_("At most"), _money(rule.most_minor, rule.currency)))
    return facts


def standing(rule: Rule, day: date) -> str:
    """now, later or over."""
    if rule.effective_from > day:
        return "later"
    return "over" if rule.effective_until and rule.effective_until <= day else "now"


def _money(minor: int, currency: str) -> str:
    return Money(minor, currency).format(get_language() or "en")
