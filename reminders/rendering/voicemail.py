"""What is left on a machine, in the policy packs' words. Anybody may listen to it: it is a limited-content message, or
it is not left at all."""

from __future__ import annotations

import re

from reminders.rendering.said import tokens_in

KEYS = ("call_voicemail", "call_voicemail_named")
NAMED = "call_voicemail_named"
_PHONE_DIGITS = 6
_ASKS_BACK = re.compile(
    r"\b(?:call|ring|phone)\b.{0,20}\bback\b|\breturn\b.{0,12}\bcall\b|回电|回電|回复电话|回覆電話", re.I
)
_GREETS = re.compile(r"\b(?:hello|hi|dear|good (?:day|morning|afternoon|evening))\b|您好|你好", re.I)
_ANY_OF_US = re.compile(r"\bany (?:of (?:our|my)|representative|colleague)\b|任何一位|任何同事", re.I)
_SAYS = {"request_to_reply": _ASKS_BACK, "salutation": _GREETS, "any_representative_statement": _ANY_OF_US}
# A name that says what its bearer does tells a listener that somebody owes something.
_COLLECTS = re.compile(r"collect|debt|recover|credit|receivable|催收|清收|追收|追款|债|債|欠", re.I)
_ABOUT_MONEY = re.compile(
    r"\b(?:pay(?:ment|s|ing)?|paid|loan|bill|invoice|account|balance|money|bank|card|instal?ments?|due|amount|credit"
    r"|urgent|legal|lawyer|court)\b|[$€£¥₹]|\b\d+[.,]\d{2}\b"
    r"|付款|还款|還款|欠|贷|貸|账|帳|银行|銀行|卡|金额|金額|到期|逾期|分期|法律|律师|律師|紧急|緊急",
    re.I,
)


def voicemail_tokens(text: str, *, company: str, caller: str, phone: str, creditor: str = "") -> frozenset[str]:
    """What a listener learns. Whatever points at money or the law counts, as `debt`; what our own name says of us
    counts too."""
    found: set[str] = set()
    rest = text
    names = {caller: "natural_person_name", company: _name_token(company)}
    if sum(map(str.isdigit, phone)) >= _PHONE_DIGITS:
        names[phone] = "phone_number"
    for name, said in names.items():
        if name and name in rest:
            rest = rest.replace(name, " ")
            found.add(said)
    found |= {said for said, pattern in _SAYS.items() if pattern.search(rest)}
    if _ABOUT_MONEY.search(rest):
        found.add("debt")
    return frozenset(found) | tokens_in(rest, creditor=creditor)


def _name_token(company: str) -> str:
    return f"business_name_{'' if _COLLECTS.search(company) else 'not_'}revealing_collection"
