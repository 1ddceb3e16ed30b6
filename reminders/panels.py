"""The account page's panels about contact: may I now, what happens next, what was sent."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.roles import may
from common import panels
from compliance.gate import Kind
from compliance.selectors import may_contact
from reminders.complaints.selectors import complaints_of
from reminders.complaints.words import standing
from reminders.reasons import reason_words
from reminders.selectors import messages_of
from reminders.why import reasons_why
from reminders.words import CHANNEL_NAMES, MESSAGE_WORDS, purpose_words

SHOWN = 6
GAUGED = ("voice", "sms", "email", "letter", "in_app")
VERDICTS = {
    Kind.ALLOW: ("good", _("yes, now")),
    Kind.ALLOW_WITH: ("good", _("yes, with a condition")),
    Kind.DEFER: ("warn", _("later")),
    Kind.HOLD: ("bad", _("on hold")),
    Kind.REVIEW: ("info", _("a person decides")),
    Kind.BLOCK: ("bad", _("no")),
}


def gauge_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    """The same gate that decides at the moment of sending, asked now."""
    if not may(request.user, "work"):
        return None
    rows = []
    for channel in GAUGED:
        verdict = may_contact(account, channel=channel)
        tone, words = VERDICTS[verdict.kind]
        rows.append({"channel": CHANNEL_NAMES[channel], "tone": tone, "words": words, "verdict": verdict})
    return {"rows": rows, "zone": account.debtor.time_zone}


def messages_panel(request: HttpRequest, account: Account) -> dict[str, Any]:
    found = list(messages_of(account)[:SHOWN])
    staff = may(request.user, "see_messages")
    why = reasons_why(found) if staff and may(request.user, "see_decisions") else {}
    rows = [
        {
            "message": message,
            "why": why.get(message.pk, ""),
            "words": MESSAGE_WORDS[message.state],
            "purpose": purpose_words(message.purpose),
            "channel": CHANNEL_NAMES[message.channel],
            "reason": reason_words(message.reason),
        }
        for message in found
    ]
    return {"rows": rows, "staff": staff}


def complaints_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    if not may(request.user, "work"):
        return None
    rows = [{"complaint": row, "standing": standing(row)} for row in complaints_of(account)[:SHOWN]]
    return {"rows": rows, "account": account}


PANELS = (
    ("gauge", _("May I contact now?"), gauge_panel, 10, "aside"),
    ("complaints", _("Complaints"), complaints_panel, 60, "aside"),
    ("messages", _("Messages"), messages_panel, 50, "below"),
)


def register() -> None:
    for name, title, selector, order, area in PANELS:
        panels.register(
            panels.Panel(
                page="account",
                name=name,
                title=title,
                template=f"staff/panels/{name}.html",
                selector=selector,
                order=order,
                area=area,
            )
        )
