"""What a person's words and the rules of contact ask for next: an answer, a call that is due, a call or a link now."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.next_action import Advice, Step, register
from common.clock import now
from compliance.gate import Kind
from compliance.selectors import may_contact
from reminders.models import CallTask, Conversation

# Tried in this order: a talk first, then a link that they can open when it suits them.
WAYS = ("voice", "sms", "email")


def answer(account: Account) -> Advice | None:
    row = Conversation.objects.filter(debtor_id=account.debtor_id, state="waiting").first()
    if row is None:
        return None
    return Advice(_("Answer their message"), _("They wait for us."), reverse("conversation_page", args=[row.pk]))


def due_call(account: Account) -> Advice | None:
    rows = CallTask.objects.filter(account=account, state__in=["waiting", "calling"], not_before__lte=now())
    task = rows.order_by("not_before").first()
    if task is None:
        return None
    words = _("Go on with the call") if task.state == "calling" else _("Make the call that is due")
    return Advice(words, _("The schedule asks for it."), reverse("call_page", args=[task.pk]))


def contact(account: Account) -> Advice | None:
    """By the first way that is allowed now; else the first moment at which one is, with the rules that say so."""
    verdicts = {way: may_contact(account, channel=way) for way in WAYS}
    now_by = next((way for way in WAYS if verdicts[way].may_go), None)
    if now_by == "voice":
        why = _("Calls are allowed now, and nothing is agreed.")
        return Advice(_("Call them"), why, reverse("account_call", args=[account.reference]), post=True)
    if now_by:
        why = _("No call is allowed now, but a written message is.")
        return Advice(_("Send a payment link"), why, reverse("account_send_link", args=[account.reference]), post=True)
    later = [one for one in verdicts.values() if one.kind is Kind.DEFER and one.until]
    if later:
        first = min(later, key=lambda one: one.until or now())
        return Advice(_("Nothing before then."), first.words, until=first.until, tone="quiet")
    said = next((one for one in verdicts.values() if one.kind is Kind.REVIEW), None) or verdicts["voice"]
    return Advice(_("Do not contact them."), said.words, tone="bad")


def register_own() -> None:
    register(Step("answer", 40, answer))
    register(Step("due_call", 50, due_call))
    register(Step("contact", 70, contact))
