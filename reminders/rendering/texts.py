"""The texts the product ships, one file per language, and the words of the layout around them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reminders.rendering.errors import UnknownText
from reminders.rendering.languages import written_language

FOLDER = Path(__file__).parent / "default_texts"
KINDS = (
    "due_soon",
    "overdue_friendly",
    "overdue_firm",
    "overdue_last",
    "pre_debit",
    "receipt",
    "payment_link",
    "plan_confirmed",
    "plan_by_hand",
    "promise_reminder",
    "agreement_copy",
    "payment_reversed",
    "payment_misplaced",
    "refund_sent",
    "refund_done",
    "end_in_wallet",
    "debit_failed",
    "debit_stopped",
    "complaint_received",
    "complaint_answer",
    "dispute_received",
    "dispute_question",
    "dispute_response",
    "validation_notice",
)
# What the assistant says in a conversation; nobody puts these into a schedule.
ANSWERS = (
    "answer_balance",
    "answer_options",
    "answer_how_to_pay",
    "answer_hardship",
    "answer_dispute",
    "answer_paid",
    "answer_promise",
    "answer_which_day",
    "answer_handover",
    "answer_handover_later",
    "answer_plan",
    "answer_help",
)
ANSWER_CHANNELS = ("sms", "in_app")
# What one of us writes by hand travels in this frame.
FRAMES = ("agent_reply",)
CHANNELS = ("sms", "email", "in_app")
# What our people say on the phone and may leave on a machine.
CALLS = (
    "call_open",
    "call_soon",
    "call_overdue",
    "call_last",
    "call_close",
    "call_voicemail",
    "call_voicemail_named",
)
PUSH_NOTICE = "push_notice"
# WhatsApp carries the words of text messages; a notification says always the same, for it lies open on a table.
WORDS_OF_CHANNEL: Mapping[str, str] = {"whatsapp": "sms", "letter": "email"}
ONE_TEXT: Mapping[str, str] = {"push": PUSH_NOTICE}
# Every channel that has words of its own; WhatsApp says what text messages say until somebody writes it its own.
WRITTEN = (*CHANNELS, "whatsapp", "push", "voice")


@dataclass(frozen=True, slots=True)
class TemplateText:
    """What one template says. `subject` is the title in the app; `button` labels the link of an e-mail."""

    body: str
    subject: str = ""
    button: str = ""


def channels_of(key: str) -> tuple[str, ...]:
    """Where the words of this key may be written."""
    if key in CALLS:
        return ("voice",)
    if key == PUSH_NOTICE:
        return ("push",)
    return (*CHANNELS, "whatsapp") if key in (*KINDS, *ANSWERS) else ()


@cache
def _language_file(language: str) -> Mapping[str, Any]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def default_text(kind: str, *, channel: str, language: str) -> TemplateText:
    known = _language_file(written_language(language))
    if channel == "email" and kind in ANSWERS:
        return _mailed_answer(known, kind)
    try:
        stored = known[ONE_TEXT.get(channel, kind)][WORDS_OF_CHANNEL.get(channel, channel)]
    except KeyError as error:
        raise UnknownText("No text is shipped for this message and channel.", kind=kind, channel=channel) from error
    return TemplateText(**{name: text.strip() for name, text in stored.items()})


def _mailed_answer(known: Mapping[str, Any], kind: str) -> TemplateText:
    """An answer by e-mail says what it says in the app, and leads there."""
    said = known[kind]["in_app"]
    body = f"{said['body'].strip()}\n\n{{{{ link }}}}"
    return TemplateText(body, said["subject"], known["agent_reply"]["email"]["button"])


def layout_words(language: str) -> Mapping[str, str]:
    words: Mapping[str, str] = _language_file(written_language(language))["layout"]
    return words
