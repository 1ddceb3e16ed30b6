"""What to say, in the person's language: who we are, is it you, what it is about, and what may be left on a machine."""

from __future__ import annotations

from dataclasses import dataclass

from common.clock import today
from compliance.selectors import usable_contact_point
from reminders.dispatch.content import sender_of, text_for
from reminders.dispatch.names import form_of_address
from reminders.models import CallTask
from reminders.rendering.languages import written_language
from reminders.rendering.syntax import fill
from reminders.rendering.variables import Fact

PART_OF_PURPOSE = {"due_soon": "call_soon", "overdue_last": "call_last"}


@dataclass(frozen=True, slots=True)
class Script:
    """`voicemail` names no debt, no amount and no creditor: anybody may listen to it."""

    opening: str
    purpose: str
    closing: str
    voicemail: str
    language: str


def script_of(task: CallTask) -> Script:
    account, language = task.account, written_language(task.account.debtor.language)
    sender = sender_of(account)
    facts: dict[str, Fact] = {
        "first_name": form_of_address(account.debtor, language),
        "creditor": account.creditor.name,
        "company": sender.company,
        "phone": sender.phone,
        "amount": account.balance,
        "balance": account.balance,
        "due_date": account.due_date,
        "days_overdue": account.days_past_due(today()),
        "reference": account.reference,
    }

    def said(key: str) -> str:
        return fill(text_for(key, channel="voice", language=language).body, facts, language=language)

    part = PART_OF_PURPOSE.get(task.purpose, "call_overdue")
    return Script(said("call_open"), said(part), said("call_close"), said("call_voicemail"), language)


def number_of(task: CallTask) -> str:
    point = task.contact_point or usable_contact_point(task.account, channel="voice")
    return point.value if point else ""
