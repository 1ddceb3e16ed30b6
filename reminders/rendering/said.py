"""What a finished message says, in the policy packs' words: they judge the wording by these, never by its meaning.

A word is told only where the text plainly holds it; what is not recognised counts as not said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from accounts.models import Account
from reminders.rendering.content import Content, Sender
from reminders.rendering.sms_text import plain_for_sms
from reminders.rendering.texts import layout_words

COLLECTOR_ROLES = frozenset({"third_party_collector", "debt_buyer"})
OPT_OUT, LATER = "clear_opt_out_statement_for_this_address", "from_a_debt_collector"
FIRST = "attempt_to_collect_a_debt_any_information_used_for_that_purpose"
# Recognised in the languages our texts are written in.
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    FIRST: re.compile(
        r"attempt to collect a debt.*information.*used for that purpose|催收债务.*用于该目的|催收債務.*用於該目的",
        re.I | re.S,
    ),
    LATER: re.compile(r"\bdebt collector\b|债务催收机构|債務催收機構", re.I),
    "suit": re.compile(r"\b(?:lawsuit|sue you|take you to court|court action|file suit)\b|起诉|起訴|诉讼|訴訟", re.I),
    "threat_of_suit": re.compile(r"\blegal (?:action|proceedings)\b|法律行动|法律行動|法律程序", re.I),
    "threat": re.compile(r"\b(?:arrest|prison|jail|seize|or else)\b|坐牢|逮捕|拘留", re.I),
    "time_barred_notice": re.compile(r"\b(?:time[- ]barred|limitation period)\b|诉讼时效|訴訟時效", re.I),
    "debt": re.compile(r"\b(?:debt|overdue|owe|arrears)\b|欠款|逾期|债务|債務", re.I),
}  # fmt: skip
# What the law of the United States wants said in every message of a collector; in the message's own language.
DISCLOSURE: Mapping[str, str] = {
    "en": (
        "This is an attempt to collect a debt by a debt collector; any information obtained will be used for that "
        "purpose."
    ),
    "zh-hans": "本消息来自债务催收机构，旨在催收债务，所获得的信息将用于该目的。",
    "zh-hant": "本訊息來自債務催收機構，旨在催收債務，所獲得的資訊將用於該目的。",
}


def disclosure_for(role: str, *, countries: frozenset[str], language: str) -> str:
    if role not in COLLECTOR_ROLES or "US" not in countries:
        return ""
    return DISCLOSURE.get(language, DISCLOSURE["en"])


def tokens_of(content: Content, *, channel: str, language: str, account: Account, sender: Sender) -> frozenset[str]:
    """`channel` e-mail: every one carries its way out in a header and a line (List-Unsubscribe)."""
    text = f"{content.subject}\n{content.text}"
    found = tokens_in(text, creditor=account.creditor.name)
    found |= content.says
    way_out = layout_words(language).get(f"opt_out_{channel}", "")
    if channel == "email" or (way_out and (way_out in text or plain_for_sms(way_out) in text)):
        found |= {OPT_OUT}
    if sender.licence and sender.licence in text:
        found |= {"licence_number"}
    if account.balance_minor and str(account.balance) in text:
        found |= {"amount", "balance"}
    return found


def tokens_in(text: str, *, creditor: str = "") -> frozenset[str]:
    """What any text says, whoever sends it and by whatever way."""
    found = {token for token, pattern in _PATTERNS.items() if pattern.search(text)}
    return frozenset(found | ({"creditor_name"} if creditor and creditor in text else set()))
