"""Reading conversations: the agents' inbox, one thread with both sides, and drafts of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import Account, Debtor, Hold, User
from common.clock import now
from common.errors import NotFound
from reminders.conversations.words import NO_SUCH_CONVERSATION
from reminders.dispatch.content import text_for
from reminders.dispatch.names import form_of_address
from reminders.models import Conversation, InboundMessage, Message, Reply
from reminders.rendering.languages import written_language
from reminders.rendering.syntax import PLACE
from reminders.rendering.variables import format_fact

SHOWN = ("waiting", "mine", "all")
NEWEST = 80
EXCERPT = 140
LEFT = frozenset({"sent", "delivered"})
# The drafts that fit what a conversation is about, the likeliest first.
DRAFTS_FOR: Mapping[str, tuple[str, ...]] = {
    "hardship": ("answer_hardship", "answer_options", "answer_handover"),
    "dispute": ("answer_dispute", "answer_handover"),
    "paid": ("answer_paid", "answer_balance"),
    "promise": ("answer_which_day", "answer_options"),
    "human": ("answer_handover", "answer_options", "answer_balance"),
}
USUAL_DRAFTS = ("answer_balance", "answer_options", "answer_handover")
# Nobody of ours writes to these people by themselves: there is no draft to tempt with.
NO_DRAFTS = frozenset({"deceased", "represented", "bankruptcy", "wrong_person", "abuse"})


@dataclass(frozen=True, slots=True)
class Bubble:
    text: str
    at: datetime
    own: bool
    channel: str
    author: str = ""
    recognised: str = ""
    state: str = ""
    reason: str = ""
    attachments: int = 0


def inbox(user: User, which: str) -> QuerySet[Conversation]:
    """Who has waited longest comes first; for whole lists the latest word does."""
    newest = InboundMessage.objects.filter(debtor=OuterRef("debtor")).order_by("-received_at")
    rows = Conversation.objects.select_related("debtor__creditor", "account", "assigned_to")
    rows = rows.annotate(last_inbound=Subquery(newest.values("pk")[:1]))
    if which == "waiting":
        return rows.filter(state="waiting")
    return rows.filter(assigned_to=user) if which == "mine" else rows


def counts(user: User) -> dict[str, int]:
    return {which: inbox(user, which).count() for which in SHOWN}


def last_words(threads: list[Conversation]) -> dict[int, str]:
    """What each person wrote last, shortened; in one query for the page."""
    texts = InboundMessage.objects.in_bulk([thread.last_inbound for thread in threads])  # type: ignore[attr-defined]
    return {
        thread.pk: " ".join(texts[thread.last_inbound].text.split())[:EXCERPT]  # type: ignore[attr-defined]
        for thread in threads
        if thread.last_inbound in texts  # type: ignore[attr-defined]
    }


def access_conversation(thread_id: int) -> Conversation:
    rows = Conversation.objects.select_related(
        "debtor__creditor", "account__creditor", "account__debtor", "assigned_to"
    )
    thread = rows.filter(pk=thread_id).first()
    if thread is None:
        raise NotFound(str(NO_SUCH_CONVERSATION))
    return thread


def bubbles(debtor: Debtor) -> list[Bubble]:
    """Both sides, oldest first, on every channel; of ours what left, and what we wrote that did not."""
    theirs = InboundMessage.objects.filter(debtor=debtor).order_by("-received_at")[:NEWEST]
    left = Q(state__in=LEFT) | Q(purpose="agent_reply")
    ours = Message.objects.filter(left, debtor=debtor).order_by("-id")[:NEWEST]
    replies = {reply.message_id: reply for reply in Reply.objects.filter(message__in=ours).select_related("author")}
    shown = [_theirs(row) for row in theirs]
    shown += [_ours(message, replies.get(message.pk)) for message in ours]
    return sorted(shown, key=lambda bubble: bubble.at)[-NEWEST:]


def _theirs(row: InboundMessage) -> Bubble:
    """Attachments came with it and were not kept."""
    left = row.understood.get("attachments", 0)
    return Bubble(row.text, row.received_at, True, row.channel, recognised=row.recognised, attachments=left)


def _ours(message: Message, reply: Reply | None) -> Bubble:
    return Bubble(
        text=message.body or (reply.text if reply else ""),
        at=message.sent_at or message.created_at,
        own=False,
        channel=message.channel,
        author=reply.author.name if reply else "",
        state=message.state,
        reason=message.reason,
    )


def running_holds(debtor: Debtor) -> QuerySet[Hold]:
    running = Q(ends_at=None) | Q(ends_at__gt=now())
    return Hold.objects.filter(running, debtor=debtor, starts_at__lte=now()).order_by("-starts_at")


def drafts(thread: Conversation) -> list[dict[str, str]]:
    """Suggested answers in the person's language, figures as they are now; links are made when it is sent."""
    if thread.account is None or thread.topic in NO_DRAFTS:
        return []
    keys = DRAFTS_FOR.get(thread.topic, USUAL_DRAFTS)
    return [{"key": key, "text": draft_text(key, thread.account)} for key in keys]


def draft_text(key: str, account: Account) -> str:
    language = written_language(account.debtor.language)
    text = text_for(key, channel="in_app", language=language).body
    facts: Mapping[str, Any] = {
        "balance": account.balance,
        "amount": account.balance,
        "creditor": account.creditor.name,
        "reference": account.reference,
        "first_name": form_of_address(account.debtor, language),
        "due_date": account.due_date,
    }
    return PLACE.sub(lambda match: _filled(match.group(1).strip(), facts, language), text)


def _filled(name: str, facts: Mapping[str, Any], language: str) -> str:
    if name in facts:
        return format_fact(name, facts[name], language=language)
    return "{{ phone }}" if name == "phone" else "{{ link }}"


def order_of(which: str) -> tuple[str, ...]:
    return ("waiting_since", "id") if which == "waiting" else ("-last_at", "-id")
