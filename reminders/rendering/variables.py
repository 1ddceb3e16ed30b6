"""The variables a template may use, what each holds and an example to preview it with."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from babel.dates import format_date

from common.money import Money
from reminders.rendering.languages import babel_locale


class Lines(str):
    """A text of several lines, such as the terms of an agreement word for word."""


Fact = Money | date | str | int


@dataclass(frozen=True, slots=True)
class Variable:
    """`optional` ones may be missing or empty; any other without a value stops the message."""

    kind: type
    meaning: str
    example: Fact
    optional: bool = False


VARIABLES: Mapping[str, Variable] = {
    "amount": Variable(Money, "what this message is about: due, debited or received", Money(124_050, "USD")),
    "balance": Variable(Money, "what is still owed in all", Money(248_100, "USD")),
    "limit": Variable(Money, "the most one debit may take under the mandate", Money(150_000, "USD")),
    "due_date": Variable(date, "the day it is due or will be debited", date(2027, 1, 15)),
    "days_overdue": Variable(int, "whole days since it was due", 12),
    "instalments": Variable(int, "how many instalments the plan has", 6),
    "first_name": Variable(str, "the debtor's given name", "Maria"),
    "creditor": Variable(str, "who the money is owed to", "Harbour Bank"),
    "company": Variable(str, "who is writing", "Fairway Collections"),
    "reference": Variable(str, "the account's public reference", "ACC-7F3K9QMP"),
    "wallet": Variable(str, "the wallet used or agreed", "Alipay"),
    "terms": Variable(
        Lines,
        "the debit agreement word for word",
        Lines("You let us take 3 payments from your wallet.\n\nYou can end it."),
    ),
    "statement": Variable(
        str, "attaches the itemised statement as a PDF, and names the file (e-mail only)", "statement-ACC-7F3K9QMP.pdf"
    ),
    "opens": Variable(str, "when somebody is there again", "Monday, 9:00 AM"),
    "caller": Variable(str, "the name of whoever of us is calling (calls only)", "Ann Lee"),
    "phone": Variable(str, "where to reach a person", "+1 555 010 0123"),
    "link": Variable(str, "the payment or portal link", "https://pay.example/p/7Kq2dVx9TnBw4Rm1"),
    "page": Variable(
        str, "the page behind the link that fits the question", "https://pay.example/p/7Kq2dVx9TnBw4Rm1/about/help/"
    ),
    "wallets": Variable(str, "the wallets that can pay this account", "Alipay, PayPal", optional=True),
    "opt_out": Variable(str, "how to stop these messages, in the channel's own words", "Reply STOP to opt out."),
    "required_notice": Variable(str, "wording the law of the place requires", "", optional=True),
}

# What each message knows about: a variable that it does not know would stop every one of them.
_ANY = frozenset({
    "first_name", "creditor", "company", "reference", "phone", "link", "page", "opt_out", "required_notice",
})  # fmt: skip
_DEBT = frozenset({"amount", "balance", "due_date", "days_overdue"})
_MONEY = frozenset({"amount", "balance", "due_date"})
_IN_A_WALLET = _MONEY | {"wallet"}
_AGREEMENT = frozenset({"wallet", "limit", "due_date", "terms"})
_QUESTION = _MONEY | {"wallets"}
_OF_TEXT: Mapping[str, frozenset[str]] = {
    "overdue_last": _DEBT | {"statement"},
    "complaint_answer": _DEBT | {"terms"},
    "dispute_question": _DEBT | {"terms"},
    "dispute_response": _DEBT | {"terms", "statement"},
    "answer_handover_later": _QUESTION | {"opens"},
    "answer_plan": _QUESTION | {"instalments"},
    "pre_debit": _IN_A_WALLET | {"limit"},
    "receipt": _MONEY,
    "plan_confirmed": _DEBT | {"instalments", "limit", "wallet"},
    "plan_by_hand": _DEBT | {"instalments"},
    "promise_reminder": _MONEY,
    "agreement_copy": _AGREEMENT,
    "end_in_wallet": _AGREEMENT,
    "payment_reversed": _IN_A_WALLET,
    "payment_misplaced": _MONEY,
    "debit_failed": _IN_A_WALLET,
    "debit_stopped": _IN_A_WALLET,
    "refund_sent": _IN_A_WALLET,
    "refund_done": _IN_A_WALLET,
}


# What lies open on a table or is heard by whoever plays the machine says nothing of a debt.
_ONLY: Mapping[str, frozenset[str]] = {
    "push_notice": frozenset({"company", "phone", "link"}),
    "call_voicemail": frozenset({"first_name", "company", "caller", "phone"}),
    "call_voicemail_named": frozenset({"first_name", "company", "caller", "phone"}),
}
_CALL = (_ANY - {"link", "page", "opt_out"}) | _DEBT | {"caller"}


def variables_of(key: str) -> frozenset[str]:
    """Those a text of this key may use."""
    if key in _ONLY:
        return _ONLY[key]
    if key.startswith("call_"):
        return _CALL
    return _ANY | _OF_TEXT.get(key, _QUESTION if key.startswith("answer_") else _DEBT)


# Direction overrides can make a name read as something else; nobody's name needs them.
_BIDI_CONTROLS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain_line(value: str) -> str:
    """One line without control characters: facts come from files and people."""
    spaced = " ".join(value.split())
    if spaced.isascii() and spaced.isprintable():
        return spaced
    return "".join(char for char in spaced if unicodedata.category(char) != "Cc" and char not in _BIDI_CONTROLS)


@lru_cache(maxsize=1_000)
def _long_date(value: date, language: str) -> str:
    return format_date(value, "long", locale=babel_locale(language))


_FORMATS: Mapping[type, Callable[[Any, str], str]] = {
    Money: lambda value, language: value.format(language),
    date: _long_date,
    int: lambda value, language: str(value),
    str: lambda value, language: plain_line(value),
    Lines: lambda value, language: "\n".join(plain_line(line) for line in value.splitlines()),
}


def fits(name: str, value: Fact) -> bool:
    kind = VARIABLES[name].kind
    return isinstance(value, kind) and not isinstance(value, bool)


def format_fact(name: str, value: Fact, *, language: str) -> str:
    return _FORMATS[VARIABLES[name].kind](value, language)


def example_facts() -> dict[str, Fact]:
    return {name: variable.example for name, variable in VARIABLES.items()}
