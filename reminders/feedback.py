"""One question after a payment, a conversation or a call: how was it? Asked once, never twice for the same thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account
from common.clock import now
from common.errors import InvalidInput
from payments.models import Payment
from reminders.calls.outcomes import OUTCOMES
from reminders.models import CallTask, Conversation, Feedback
from reminders.models.complaints import SCORES

LONGEST = 1000
LONGEST_KEY = 18
ASKED_WITHIN = timedelta(days=14)
Kind = Feedback.Kind


@dataclass(frozen=True, slots=True)
class Question:
    """What may be judged now: `about` is the row it is about."""

    kind: str
    about: str


def question_after_payment(payment: Payment) -> Question | None:
    if payment.state != "succeeded":
        return None
    return _unless_answered(Question(Kind.PAYMENT, f"payment:{payment.pk}"))


def open_question(account: Account) -> Question | None:
    """The newest encounter of a person with one of us that they have not judged yet, while it is fresh."""
    since = now() - ASKED_WITHIN
    call = CallTask.objects.filter(account=account, state="done", called_at__isnull=False, ended_at__gt=since)
    for row in call.filter(outcome__in=_reached()).order_by("-ended_at")[:1]:
        if asked := _unless_answered(Question(Kind.CALL, f"call:{row.pk}")):
            return asked
    thread = Conversation.objects.filter(
        debtor_id=account.debtor_id, state__in=["assisted", "answered", "closed"], last_at__gt=since
    ).first()
    # One judgement a fortnight of the same endless conversation is enough.
    return _unless_answered(Question(Kind.CHAT, f"chat:{thread.pk}:{thread.last_inbound_at:%G-%V}")) if thread else None


def _reached() -> list[str]:
    return [name for name, what in OUTCOMES.items() if what.reached]


def _unless_answered(question: Question) -> Question | None:
    known = Feedback.objects.filter(kind=question.kind, about=question.about).exists()
    return None if known else question


@transaction.atomic
def give_feedback(account: Account, *, kind: str, about: str, score: str, text: str = "") -> Feedback | None:
    """None when this was judged before. What may be judged is what belongs to this account's person."""
    if score not in map(str, SCORES):
        raise InvalidInput(_("Choose one of the five answers."), field="score")
    if len(text) > LONGEST:
        raise InvalidInput(_("Please keep it under 1,000 characters."), field="text")
    if not _theirs(account, kind, about):
        raise InvalidInput(_("There is nothing to judge here any more."), field="about")
    row, fresh = Feedback.objects.get_or_create(
        kind=kind,
        about=about,
        defaults={
            "debtor_id": account.debtor_id,
            "account": account,
            "score": int(score),
            "text": text.replace("\x00", "").strip(),
        },
    )
    if not fresh:
        return None
    record_event("feedback.given", account=account, source="debtor", feedback=str(row.pk), about=kind, score=row.score)
    return row


def _theirs(account: Account, kind: str, about: str) -> bool:
    named, _colon, rest = about.partition(":")
    number = rest.partition(":")[0]
    if kind != named or kind not in Kind.values or not number.isdecimal() or len(number) > LONGEST_KEY:
        return False
    return {
        "payment": Payment.objects.filter(pk=number, account=account, state="succeeded"),
        "chat": Conversation.objects.filter(pk=number, debtor_id=account.debtor_id),
        "call": CallTask.objects.filter(pk=number, account=account, state="done"),
    }[named].exists()
