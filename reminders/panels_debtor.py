"""Messages on the debtor's own pages: writing to us, what was written so far, and which channels may be used."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from common import panels
from common.clock import now
from common.once import new_form_token
from payments.debtor_identity import asks_identity
from payments.debtor_panels import MESSAGES, PAGE, PAID, PREFERENCES
from payments.models import Payment
from payments.views_debtor.doors import Visit
from reminders.channels.chosen import chose
from reminders.channels.config import public_key
from reminders.debtor_requests import is_refused
from reminders.feedback import Question, open_question, question_after_payment
from reminders.models import InboundMessage, Message

WRITE = "write"
NEWEST = 50
CHANNEL_NAMES = {"email": _("E-mail"), "sms": _("Text messages")}
WHATSAPP = {"whatsapp": _("WhatsApp")}
ICONS = {"email": "envelope", "sms": "telephone", "whatsapp": "chat-dots"}


def write_panel(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    return {"token": visit.token, "request_key": new_form_token(), "back": request.path}


def messages_panel(request: HttpRequest, visit: Visit) -> dict[str, Any] | None:
    """Both sides, newest first. Personal: only for someone who may see it."""
    if not visit.identified:
        return None
    return {"bubbles": conversation(visit.account)}


def conversation(account: Account) -> list[dict[str, Any]]:
    ours = Message.objects.filter(account=account, channel="in_app", state__in=["sent", "delivered"]).exclude(body="")
    theirs = InboundMessage.objects.filter(debtor_id=account.debtor_id, channel="in_app").order_by("-received_at")
    shown = list(ours.order_by("-created_at")[:NEWEST])
    Message.objects.filter(pk__in=[row.pk for row in shown], read_at=None).update(read_at=now())
    bubbles = [_bubble(row.body, row.sent_at or row.created_at, own=False, subject=row.subject) for row in shown]
    bubbles += [_bubble(row.text, row.received_at, own=True) for row in theirs[:NEWEST]]
    return sorted(bubbles, key=lambda bubble: bubble["at"], reverse=True)[:NEWEST]


def _bubble(text: str, at: datetime, *, own: bool, subject: str = "") -> dict[str, Any]:
    return {"text": text, "at": at, "own": own, "subject": subject}


def channels_panel(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """Stopping is open to whoever holds the link; starting again only to someone who has shown who they are."""
    debtor = visit.account.debtor
    rows = [
        {"key": key, "name": name, "icon": ICONS[key], "refused": is_refused(debtor, key)}
        for key, name in {**CHANNEL_NAMES, **(WHATSAPP if settings.TWILIO_WHATSAPP_FROM else {})}.items()
    ]
    may_start = visit.identified and asks_identity(visit.link)
    return {
        "token": visit.token,
        "channels": rows,
        "may_start": may_start,
        "asks_identity": asks_identity(visit.link),
        "push_key": public_key() if may_start else "",
        "push_on": chose(debtor, "push"),
        "sandbox": settings.SANDBOX,
    }


SCORES = (
    ("5", _("Very good")),
    ("4", _("Good")),
    ("3", _("So-so")),
    ("2", _("Bad")),
    ("1", _("Very bad")),
)
ASKED = {
    "payment": _("How was paying?"),
    "chat": _("How was writing with us?"),
    "call": _("How was the call with us?"),
}


def feedback_panel(request: HttpRequest, visit: Visit) -> dict[str, Any] | None:
    return _asking(request, visit, open_question(visit.account))


def after_paying_panel(request: HttpRequest, visit: Visit) -> dict[str, Any] | None:
    paid = Payment.objects.filter(link=visit.link, state="succeeded").order_by("-pk").first()
    return _asking(request, visit, question_after_payment(paid) if paid else None)


def _asking(request: HttpRequest, visit: Visit, question: Question | None) -> dict[str, Any] | None:
    if question is None:
        return None
    return {
        "token": visit.token,
        "question": question,
        "asked": ASKED[question.kind],
        "scores": SCORES,
        "back": request.path,
    }


def register() -> None:
    for name, title, order, area, template, selector in (
        ("write", _("Write to us"), 10, WRITE, "debtor/panel_write.html", write_panel),
        ("feedback", _("One question"), 15, WRITE, "debtor/panel_feedback.html", feedback_panel),
        ("after_paying", _("One question"), 10, PAID, "debtor/panel_feedback.html", after_paying_panel),
        ("conversation", _("Earlier messages"), 20, MESSAGES, "debtor/panel_messages.html", messages_panel),
        ("channels", _("How we reach you"), 30, PREFERENCES, "debtor/panel_channels.html", channels_panel),
    ):
        panels.register(
            panels.Panel(
                page=PAGE, name=name, title=title, order=order, area=area, template=template, selector=selector
            )
        )
