"""A pack in words: where it holds, from when, who answers for it, and each of its rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.templatetags.formats import reader
from compliance.packs.schema import Pack, Rule
from compliance.told.names import (
    CONFIDENCE_TONES,
    CONFIDENCE_WORDS,
    STRENGTH_WORDS,
    TYPE_WORDS,
    listed,
    words_of,
)
from compliance.told.rules import period_of, scope_words, sentences

STATE_WORDS: Mapping[str, tuple[Promise, str, str]] = {
    "draft": (gettext_lazy("draft"), "info", "pencil"),
    "signed_off": (gettext_lazy("signed off"), "warn", "clock"),
    "in_force": (gettext_lazy("in force"), "good", "check-circle"),
    "superseded": (gettext_lazy("superseded"), "quiet", "archive"),
}
MOST_NAMED = 4
ON_MISSING_WORDS: Mapping[str, Promise] = {
    "review": gettext_lazy("a person decides"),
    "block": gettext_lazy("nothing is done"),
    "allow": gettext_lazy("it is allowed"),
}


@dataclass(frozen=True, slots=True)
class Confidence:
    words: str
    tone: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Cited:
    """`url` only where it is one a browser may open: packs come from people."""

    text: str
    url: str
    confidence: Confidence | None


@dataclass(frozen=True, slots=True)
class ToldRule:
    rule: Rule
    kind: str
    strength: str
    scope: str
    sentences: list[str]
    start: date | None
    end: date | None
    cited: list[Cited]


def place_words(pack: Pack) -> str:
    country = pack.jurisdiction.get("country", "*")
    if country == "*":
        return _matched(pack) if pack.match else _("everywhere")
    parts = [pack.jurisdiction.get("locality"), pack.jurisdiction.get("subdivision"), country_words(country)]
    return listed(part for part in parts if part)


def _matched(pack: Pack) -> str:
    """Where the countries of the debtor decide: which they are, or how many."""
    conditions = [*pack.match.get("any_of", ()), *pack.match.get("all_of", ())]
    found = [code for one in conditions if one["fact"] == "debtor.countries" for code in _codes(one)]
    if not found:
        return _("where its facts say so")
    if len(found) > MOST_NAMED:
        return ngettext("%(n)s country", "%(n)s countries", len(found)) % {"n": len(found)}
    return listed(country_words(code) for code in found)


def _codes(condition: Mapping[str, Any]) -> list[str]:
    return [condition["has"]] if "has" in condition else list(condition.get("in", ()))


def country_words(code: str) -> str:
    return str(reader().territories.get(code, code))


def first_day(pack: Pack) -> date | None:
    return None if pack.effective.start == date.min else pack.effective.start


def last_day(pack: Pack) -> date | None:
    """The first day on which it no longer holds."""
    return None if pack.effective.end == date.max else pack.effective.end


def confidence_of(pack: Pack) -> list[Confidence]:
    """How many of its citations are how sure, the surest first."""
    found = Counter(one.get("seen", "draft") for rule in pack.rules for one in rule.cite)
    return [_confidence(name, found[name]) for name in CONFIDENCE_WORDS if found[name]]


def _confidence(name: str, count: int = 1) -> Confidence:
    return Confidence(words_of(CONFIDENCE_WORDS, name), CONFIDENCE_TONES.get(name, "quiet"), count)


def told(rule: Rule) -> ToldRule:
    start, end = period_of(rule)
    return ToldRule(
        rule=rule,
        kind=words_of(TYPE_WORDS, rule.type),
        strength=words_of(STRENGTH_WORDS, rule.strength),
        scope=scope_words(rule),
        sentences=sentences(rule),
        start=start,
        end=end,
        cited=[_cited(one) for one in rule.cite],
    )


def _cited(one: Mapping[str, Any]) -> Cited:
    text = f"{one['instrument']} ({one['also']})" if one.get("also") else str(one["instrument"])
    url = str(one.get("url", ""))
    known = one.get("seen")
    return Cited(text, url if url.startswith("https://") else "", _confidence(known) if known else None)


def head_facts(pack: Pack) -> list[tuple[str, str]]:
    """What holds for all of its rules, as pairs of words."""
    facts = [(_("Where"), place_words(pack))]
    if pack.calendars.get("holidays"):
        facts.append((_("Holidays"), str(pack.calendars["holidays"])))
    facts.append((_("When a fact is not known"), words_of(ON_MISSING_WORDS, pack.on_missing)))
    if pack.margin_minutes:
        facts.append((_("Minutes kept free at the end of hours"), str(pack.margin_minutes)))
    for key, words in (("checked_on", _("Sources read on")), ("next_due", _("To be read again on"))):
        if pack.review.get(key):
            facts.append((words, str(pack.review[key])))
    if pack.review.get("note"):
        facts.append((_("Note"), str(pack.review["note"])))
    return facts
