"""Single words of packs in the reader's language: names, conditions, channels, roles, lengths of time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from compliance.told.named import AGREEMENTS, EVENTS, FACTS, NOTICES, PEOPLE, WORDING

NAMES: Mapping[str, Promise] = {**PEOPLE, **FACTS, **EVENTS, **NOTICES, **WORDING, **AGREEMENTS}
CHANNEL_WORDS: Mapping[str, Promise] = {
    "voice": gettext_lazy("Call"),
    "voicemail": gettext_lazy("Voicemail"),
    "voicemail_drop": gettext_lazy("Voicemail without ringing"),
    "sms": gettext_lazy("Text message"),
    "mms": gettext_lazy("Picture message"),
    "email": gettext_lazy("E-mail"),
    "letter": gettext_lazy("Letter"),
    "push": gettext_lazy("Notification on the phone"),
    "web_push": gettext_lazy("Notification in the browser"),
    "social": gettext_lazy("Social media"),
    "visit": gettext_lazy("Visit"),
    "whatsapp": gettext_lazy("WhatsApp"),
    "rcs": gettext_lazy("RCS message"),
    "in_app": gettext_lazy("In the app"),
    "inbox": gettext_lazy("Inbox"),
    "chat": gettext_lazy("Chat"),
    "fax": gettext_lazy("Fax"),
}
ROLE_WORDS: Mapping[str, Promise] = {
    "third_party_collector": gettext_lazy("collecting for somebody else"),
    "debt_buyer": gettext_lazy("having bought the debts"),
    "first_party_creditor": gettext_lazy("collecting one's own debts"),
}
ACTION_WORDS: Mapping[str, Promise] = {
    "contact": gettext_lazy("contact"),
    "debit": gettext_lazy("debits"),
    "delete": gettext_lazy("erasing records"),
    "demand": gettext_lazy("demands"),
    "enforce": gettext_lazy("enforcement"),
    "furnish": gettext_lazy("reports to credit bureaus"),
    "interest": gettext_lazy("interest and fees"),
    "sell": gettext_lazy("selling the debt"),
    "suit": gettext_lazy("lawsuits"),
    "visit": gettext_lazy("visits"),
}
PER_WORDS: Mapping[str, Promise] = {
    "person": gettext_lazy("person"),
    "debt": gettext_lazy("debt"),
    "account": gettext_lazy("account"),
    "agreement": gettext_lazy("agreement"),
    "mandate": gettext_lazy("debit agreement"),
    "address": gettext_lazy("address"),
    "joint_debtors": gettext_lazy("everybody who owes it together"),
}
# Names of rails are proper names: the same in every language.
RAIL_WORDS: Mapping[str, str] = {
    "ach": "ACH", "nach": "NACH", "upi_autopay": "UPI AutoPay", "ppi": "PPI", "sepa_dd": "SEPA", "bacs_dd": "Bacs",
    "becs_dd": "BECS", "pix_automatico": "Pix Automático", "daishou": "代收", "visa": "Visa",
    "mastercard": "Mastercard", "amex": "American Express", "unionpay": "UnionPay",
    "card_emandate": "e-mandate", "card_cpa": "CPA",
}  # fmt: skip
STRENGTH_WORDS: Mapping[str, Promise] = {
    "law": gettext_lazy("law"),
    "presumption": gettext_lazy("presumption of the law"),
    "safe_harbour": gettext_lazy("safe harbour"),
    "guidance": gettext_lazy("guidance"),
    "scheme": gettext_lazy("rule of a scheme"),
    "house": gettext_lazy("house rule"),
}
TYPE_WORDS: Mapping[str, Promise] = {
    "window": gettext_lazy("Hours"),
    "cap": gettext_lazy("How often"),
    "cooldown": gettext_lazy("Quiet afterwards"),
    "consent": gettext_lazy("Consent"),
    "opt_out": gettext_lazy("Opt-out"),
    "audience": gettext_lazy("Whom"),
    "freeze": gettext_lazy("What stops it"),
    "notice": gettext_lazy("Notice"),
    "content": gettext_lazy("Words"),
    "mandate": gettext_lazy("Debit agreement"),
    "prenotice": gettext_lazy("Notice of a debit"),
    "retry": gettext_lazy("Tries after a failure"),
    "retention": gettext_lazy("Keeping records"),
}
# From the surest to the least sure: how the pack's authors know what they cite.
CONFIDENCE_WORDS: Mapping[str, Promise] = {
    "seen": gettext_lazy("source read"),
    "seen-secondary": gettext_lazy("read at second hand"),
    "known": gettext_lazy("known, not read again"),
    "house": gettext_lazy("our own rule"),
    "draft": gettext_lazy("draft"),
}
CONFIDENCE_TONES: Mapping[str, str] = {
    "seen": "good", "seen-secondary": "warn", "known": "warn", "house": "quiet", "draft": "bad",
}  # fmt: skip
EVERY_DAY, WORKING_DAYS, WEEKENDS = frozenset(range(7)), frozenset(range(5)), frozenset({5, 6})


def named(name: str) -> str:
    """A name of a fact, person, event or piece of wording; one nobody has words for is read as it is written."""
    return str(NAMES[name]) if name in NAMES else name.rpartition(".")[2].replace("_", " ").strip()


def words_of(table: Mapping[str, Promise] | Mapping[str, str], name: str) -> str:
    return str(table[name]) if name in table else named(name)


def listed(words: Iterable[str]) -> str:
    return _(", ").join(words)


def all_named(names: Iterable[str]) -> str:
    return listed(named(name) for name in names)


def all_of(table: Mapping[str, Promise] | Mapping[str, str], names: Iterable[str]) -> str:
    """In the order of the table, as sets have none."""
    order = {name: place for place, name in enumerate(table)}
    return listed(words_of(table, name) for name in sorted(names, key=lambda one: (order.get(one, len(order)), one)))


_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_JOINS: Mapping[str, Promise] = {"and": gettext_lazy("and"), "or": gettext_lazy("or"), "not": gettext_lazy("not:")}


def condition_words(text: str) -> str:
    """`debt.balance < 1000` as “the balance < 1000”."""
    return _WORD.sub(lambda found: str(_JOINS[found[0]]) if found[0] in _JOINS else named(found[0]), text)


def clock_words(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def days_words(days: frozenset[int]) -> str:
    for group, words in ((EVERY_DAY, _("every day")), (WORKING_DAYS, _("Monday to Friday")), (WEEKENDS, _("weekends"))):
        if days == group:
            return words
    first, last = min(days), max(days)
    if len(days) > 2 and len(days) == last - first + 1:
        return _("%(first)s to %(last)s") % {"first": WEEKDAYS[first], "last": WEEKDAYS[last]}
    return listed(str(WEEKDAYS[day]) for day in sorted(days))


def _counted(unit: str, n: int) -> str:
    return {
        "minutes": ngettext("%(n)s minute", "%(n)s minutes", n),
        "hours": ngettext("%(n)s hour", "%(n)s hours", n),
        "days": ngettext("%(n)s day", "%(n)s days", n),
        "business_days": ngettext("%(n)s working day", "%(n)s working days", n),
        "months": ngettext("%(n)s month", "%(n)s months", n),
        "years": ngettext("%(n)s year", "%(n)s years", n),
    }[unit]


def count_words(n: int, unit: str) -> str:
    return _counted(unit, n) % {"n": n}


def length_words(value: Mapping[str, Any]) -> str:
    """`{n: 10, unit: business_days, house: immediately}`."""
    words = count_words(value["n"], value["unit"])
    if house := value.get("house"):
        words = _("%(length)s (our own rule: %(house)s)") % {"length": words, "house": named(house)}
    return words


def span_words(value: Mapping[str, Any]) -> str:
    """`{years: 3, after: last_action}`, `{within_days: 5, after: first_communication}`."""
    parts = [count_words(value[unit], unit) for unit in ("years", "months", "days") if unit in value]
    parts += [count_words(value[key], unit) for key, unit in _WITHIN if key in value]
    words = listed(parts)
    if "after" in value and parts:
        return _("%(length)s after: %(event)s") % {"length": words, "event": named(value["after"])}
    if "after" in value:
        return _("after: %(event)s") % {"event": named(value["after"])}
    if "before" in value:
        return _("before: %(event)s") % {"event": all_of(ACTION_WORDS, value["before"])}
    return words


_WITHIN = (("within_days", "days"), ("within_business_days", "business_days"))
