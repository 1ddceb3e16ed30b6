"""What to say, in the person's language: who we are, is it you, what it is about, and what may be left on a machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from accounts.models import Account, User
from common.clock import today
from compliance.selectors import places_of_account, usable_contact_point
from compliance.wordings import words_refused
from reminders.dispatch.content import sender_of, text_for
from reminders.dispatch.names import form_of_address
from reminders.models import CallTask
from reminders.rendering.content import Sender
from reminders.rendering.errors import MissingFact
from reminders.rendering.languages import written_language
from reminders.rendering.said import disclosure_for, tokens_in
from reminders.rendering.syntax import fill
from reminders.rendering.variables import Fact
from reminders.rendering.voicemail import KEYS, voicemail_tokens

CHANNEL = "voice"
PART_OF_PURPOSE = {"due_soon": "call_soon", "overdue_last": "call_last"}


@dataclass(frozen=True, slots=True)
class Script:
    """`voicemail` names no debt, no amount and no creditor: anybody may listen to it. It is empty where no text of ours
    may be left. `refused` and `no_voicemail`: what the packs have against the words, in the reader's language."""

    opening: str
    purpose: str
    closing: str
    voicemail: str
    language: str
    refused: list[str] = field(default_factory=list)
    no_voicemail: list[str] = field(default_factory=list)

    @property
    def whole(self) -> str:
        return "\n".join((self.opening, self.purpose, self.closing))


def script_of(task: CallTask, *, caller: User | None = None) -> Script:
    """In the words that were approved last, judged by the packs in force for this person."""
    account, language = task.account, written_language(task.account.debtor.language)
    sender = sender_of(account)
    name = caller.name if caller else ""
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
        "required_notice": _notice(account, language),
        **({"caller": name} if name else {}),
    }

    def said(key: str) -> str:
        return fill(text_for(key, channel="voice", language=language).body, facts, language=language)

    purpose = said(PART_OF_PURPOSE.get(task.purpose, "call_overdue"))
    if (notice := str(facts["required_notice"])) and notice not in purpose:
        purpose = f"{purpose} {notice}"
    script = Script(said("call_open"), purpose, said("call_close"), "", language)
    voicemail, no_voicemail = _voicemail(task, said, sender=sender, caller=name)
    return replace(script, refused=_against(task, script.whole), voicemail=voicemail, no_voicemail=no_voicemail)


def _notice(account: Account, language: str) -> str:
    countries = frozenset(places_of_account(account).countries)
    return disclosure_for(account.creditor.role, countries=countries, language=language)


def _against(task: CallTask, text: str) -> list[str]:
    tokens = tokens_in(text, creditor=task.account.creditor.name)
    refused = words_refused(task.account, channel=CHANNEL, purpose=task.purpose, tokens=tokens, text=text)
    return [one.words for one in refused]


def _voicemail(task: CallTask, said: Callable[[str], str], *, sender: Sender, caller: str) -> tuple[str, list[str]]:
    """The first text of ours that may be left here: the one that names nobody, else the one that names who calls."""
    against: list[str] = []
    for key in KEYS:
        try:
            text = said(key)
        except MissingFact:
            continue
        tokens = voicemail_tokens(
            text, company=sender.company, caller=caller, phone=sender.phone, creditor=task.account.creditor.name
        )
        refused = words_refused(task.account, channel="voicemail", purpose=task.purpose, tokens=tokens, text=text)
        if not refused:
            return text, []
        against = [one.words for one in refused]
    return "", against


def number_of(task: CallTask) -> str:
    point = task.contact_point or usable_contact_point(task.account, channel="voice")
    return point.value if point else ""
