"""One stored decision in words: what was asked, what was answered, and every rule that spoke."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from compliance.models import Decision, PolicyPack
from compliance.pack_register import pack_from
from compliance.told.names import ACTION_WORDS, CHANNEL_WORDS, NAMES, RAIL_WORDS, STRENGTH_WORDS, all_named, words_of
from compliance.told.packs import ToldRule, told
from compliance.wording import GATE_REASONS
from compliance.words import purpose_words

VERDICT_TONES: Mapping[str, tuple[str, str]] = {
    "allow": ("good", "check-circle"),
    "allow_with": ("good", "check-circle"),
    "defer": ("warn", "clock"),
    "review": ("info", "person"),
    "hold": ("warn", "pause-circle"),
    "block": ("bad", "x-octagon"),
}
# The rules of the contact policies, which have no names of their own.
POLICY_RULES: Mapping[str, Promise] = {
    "account_status": _("State of the account"),
    "cap": _("How often"),
    "carrier": _("Provider"),
    "consent": _("Consent"),
    "contact_point": _("Address"),
    "hold": _("Hold"),
    "no_moment": _("Hours"),
    "no_policy": _("Contact policies"),
    "nothing_owed": _("Nothing owed"),
    "opt_out": _("Opt-out"),
    "opt_out_all": _("Opt-out"),
    "quiet": _("Left in peace"),
    "window": _("Hours"),
    "zone": _("Time zone"),
}


@dataclass(frozen=True, slots=True)
class Spoken:
    """What one rule said. `rule` is empty where the version that said it is not kept here."""

    name: str
    verdict: str
    tone: str
    icon: str
    words: str
    until: datetime | None
    strength: str
    cite: list[str]
    rule: ToldRule | None
    pack: PolicyPack | None


def tone_of(verdict: str) -> tuple[str, str]:
    return VERDICT_TONES.get(verdict, ("quiet", "question-circle"))


def verdict_words(verdict: str) -> str:
    labels = {value: str(label) for value, label in Decision.Verdict.choices}
    return labels.get(verdict, verdict)


def asked_words(decision: Decision) -> str:
    return (
        words_of(ACTION_WORDS, decision.action).capitalize()
        if decision.action in ACTION_WORDS
        else purpose_words(decision.action)
    )


def way_words(channel: str) -> str:
    """A channel or a rail."""
    return str(RAIL_WORDS.get(channel) or words_of(CHANNEL_WORDS, channel)) if channel else ""


def packs_named(names: Iterable[str]) -> list[tuple[str, PolicyPack | None]]:
    """The packs of a decision, by id and version, with the row where it is kept."""
    named = [tuple(text.rpartition(" ")[::2]) for text in names]
    rows = PolicyPack.objects.filter(pack_id__in=[pack_id for pack_id, _version in named])
    found = {(row.pack_id, row.version): row for row in rows}
    return [(f"{pack_id} {version}", found.get((pack_id, version))) for pack_id, version in named]


def spoken(reasons: Iterable[Mapping[str, Any]], verdict: str, rows: Iterable[PolicyPack | None]) -> list[Spoken]:
    known = {rule.id: (row, rule) for row in rows if row is not None for rule in pack_from(row).rules}
    nobody = (None, None)
    return [_spoken(one, verdict, *known.get(one.get("rule", ""), nobody)) for one in reasons]


def _spoken(reason: Mapping[str, Any], verdict: str, row: PolicyPack | None, rule: Any) -> Spoken:
    name, says = str(reason.get("rule", "")), str(reason.get("says") or verdict)
    tone, icon = tone_of(says)
    strength = str(reason.get("strength", ""))
    return Spoken(
        name=str(POLICY_RULES.get(name, name)),
        verdict=verdict_words(says),
        tone=tone,
        icon=icon,
        words=reason_words(reason),
        until=datetime.fromisoformat(reason["until"]) if reason.get("until") else None,
        strength=words_of(STRENGTH_WORDS, strength) if strength else "",
        cite=[str(one) for one in reason.get("cite", ())],
        rule=told(rule) if rule is not None else None,
        pack=row,
    )


def reason_words(reason: Mapping[str, Any]) -> str:
    """In the reader's language: a message id with what belongs into it, or a sentence stored in English."""
    words = str(reason.get("words", ""))
    if "args" not in reason:
        return GATE_REASONS.tell(words) or words
    args = {key: _value(key, str(value)) for key, value in dict(reason["args"]).items()}
    try:
        return translation.gettext(words) % args if args else translation.gettext(words)
    except (KeyError, TypeError, ValueError):  # kept by a version whose words were others
        return words


_PLAIN = frozenset({"zone", "count", "max", "due", "day", "limit", "months", "minutes"})


def _value(key: str, value: str) -> str:
    """Names of pieces and people as people say them; figures and dates as they are."""
    if key in _PLAIN:
        return value
    parts = value.split(", ")
    underscored = [part.replace(" ", "_") for part in parts]
    return all_named(underscored) if all(part in NAMES for part in underscored) else value
