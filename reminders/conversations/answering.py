"""The assistant: a question with a certain answer gets it at once, from approved words and the account as it is.

It never decides, promises or moves anything; every figure and link is put in by the template at the moment of sending.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from accounts.models import Account
from accounts.office_hours import hours_of, next_opening
from common.clock import now
from payments.debtor_wallets import usable_wallets
from reminders.channels.base import Keyword
from reminders.conversations.acting import Done, Heard
from reminders.conversations.proposing import propose
from reminders.dispatch.content import ASSISTANT_ANSWER
from reminders.models import Message
from reminders.queue import queue_message
from reminders.understanding import Intent
from reminders.understanding.normal import plain

ANSWERS_A_DAY = 6  # whoever writes more often wants a person, or is a machine too
DAY = timedelta(days=1)
# Beside one of these, an answer by machine would be tactless, or told to the wrong person. A complaint is confirmed by
# itself, with its number and the day of the answer.
SILENT = frozenset(
    {
        Intent.OPT_OUT,
        Intent.DECEASED,
        Intent.WRONG_PERSON,
        Intent.REPRESENTED,
        Intent.BANKRUPTCY,
        Intent.ABUSE,
        Intent.COMPLAINT,
    }
)
ANSWER_OF: Mapping[Intent, str] = {
    Intent.DISPUTE: "answer_dispute",
    Intent.HARDSHIP: "answer_hardship",
    Intent.PAID: "answer_paid",
    Intent.PROMISE: "answer_promise",
    Intent.HUMAN: "answer_handover",
    Intent.OPTIONS: "answer_options",
    Intent.HOW_TO_PAY: "answer_how_to_pay",
    Intent.BALANCE: "answer_balance",
}
# About money owed: pointless, or wrong, once nothing is.
NEEDS_DEBT = frozenset({"answer_options", "answer_how_to_pay", "answer_promise", "answer_which_day"})


def answer(heard: Heard, done: Done) -> str:
    """The text that was queued as an answer, or "" when a person answers or nobody should."""
    if not heard.alone and heard.understood.refusal is None:
        done.needs_person(heard.row.recognised or "unclear")
    key = _which(heard, done)
    if not key or heard.account is None:
        return ""
    if key in NEEDS_DEBT and heard.account.balance_minor <= 0:
        key = "answer_balance"
    if _answered_enough(heard):
        done.needs_person("often")
        return ""
    key, facts = _with_facts(heard, heard.account, key)
    queue_message(
        heard.account,
        purpose=ASSISTANT_ANSWER,
        occasion=f"answer:{heard.row.pk.hex}",
        channels=_ways(heard.row.channel),
        facts={"text": key, **facts},
    )
    done.steps.append(key)
    return key


def _which(heard: Heard, done: Done) -> str:
    found = heard.understood
    if found.keyword is Keyword.HELP:
        return "" if heard.confirmed else "answer_help"
    if not heard.alone or found.refusal is not None or any(found.means(intent) for intent in SILENT):
        return ""
    if not found.meant or not found.meant[0].sure:
        return ""
    key = ANSWER_OF.get(found.leading, "")
    if key == "answer_promise" and "promise" not in done.steps:
        return "answer_handover" if found.day else "answer_which_day"
    if key == "answer_how_to_pay" and heard.account is not None and not usable_wallets(heard.account):
        done.needs_person(Intent.HOW_TO_PAY.value)
        return "answer_handover"
    return key


def _with_facts(heard: Heard, account: Account, key: str) -> tuple[str, dict[str, Any]]:
    """The text that fits best, and what it needs beside the account."""
    day = heard.understood.day
    if key == "answer_promise" and day:
        return key, {"day": day.isoformat()}
    if key == "answer_options" and (proposal := propose(account, heard.words, day=day)):
        return "answer_plan", proposal.facts
    if key == "answer_how_to_pay" and (wallet := _wallet_named(account, heard.words)):
        return key, {"page": f"about/wallet/{wallet}/"}
    hours = hours_of(account.creditor)
    if key == "answer_handover" and hours and (opening := next_opening(hours, now())):
        return "answer_handover_later", {"opens": opening.isoformat()}
    return key, {}


def _wallet_named(account: Account, words: str) -> str:
    """Asked about one wallet they can use, they are led to its lesson."""
    said = "".join(plain(words).split())
    for choice in usable_wallets(account):
        if "".join(choice.provider.display_name.casefold().split()) in said:
            return choice.provider.key
    return ""


def _ways(channel: str) -> tuple[str, ...]:
    return (channel,) if channel == "in_app" else (channel, "in_app")


def _answered_enough(heard: Heard) -> bool:
    recent = Message.objects.filter(debtor=heard.debtor, purpose=ASSISTANT_ANSWER, created_at__gt=now() - DAY)
    return recent.count() >= ANSWERS_A_DAY
