"""Staff pages about contact: send a payment link, and the message list."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.masking import masked_name
from accounts.models import Creditor
from accounts.roles import allowed, may, person
from accounts.selectors import access_account
from common.clock import today
from common.errors import NotFound
from common.keyset import page_of
from common.once import new_form_token
from compliance.gate import Kind
from compliance.models import Decision
from compliance.selectors import may_contact
from compliance.views_decisions import decision_row
from reminders.message_filters import MessageFilters
from reminders.models import Message
from reminders.reasons import reason_words
from reminders.services import queue_message
from reminders.why import reasons_why, source_of
from reminders.words import CHANNEL_NAMES, MESSAGE_WORDS, purpose_words

DECISIONS_SHOWN = 20


@require_POST
@allowed("work")
def account_send_link(request: HttpRequest, reference: str) -> HttpResponse:
    """A reminder with a link, asked for by staff. It answers to the strictest rules, now and again when it is sent:
    the lighter ones for links are for people who asked for one themselves."""
    account = access_account(person(request), reference)
    purpose = "due_soon" if account.due_date >= today() else "overdue_friendly"
    verdicts = {channel: may_contact(account, channel=channel, purpose=purpose) for channel in ("email", "sms")}
    open_ways = tuple(channel for channel, verdict in verdicts.items() if verdict.may_go or verdict.kind is Kind.DEFER)
    if not open_ways:
        messages.error(request, _("Nothing is sent. %(why)s") % {"why": verdicts["email"].words})
        return redirect("account_page", account.reference)
    occasion = f"staff:{(request.POST.get('token') or new_form_token())[:32]}"
    queue_message(account, purpose=purpose, occasion=occasion, channels=open_ways)
    until = [verdict.until for verdict in verdicts.values() if verdict.kind is Kind.DEFER and verdict.until]
    if any(verdict.may_go for verdict in verdicts.values()) or not until:
        messages.success(request, _("A reminder with a payment link goes out within a minute."))
    else:
        messages.info(request, _("A reminder with a payment link goes out at the next decent hour there."))
    return redirect("account_page", account.reference)


@require_GET
@allowed("see_messages")
def message_list(request: HttpRequest) -> HttpResponse:
    filters = MessageFilters(request.GET, creditors=Creditor.objects.order_by("name"))
    rows = filters.apply(Message.objects.all())
    page = page_of(
        rows.select_related("account__debtor", "account__creditor"),
        order=("-id",),
        cursor=request.GET.get("cursor", ""),
    )
    why = reasons_why(page.rows)
    shown = [
        {
            "message": message,
            "why": why.get(message.pk, ""),
            "words": MESSAGE_WORDS[message.state],
            "purpose": purpose_words(message.purpose),
            "channel": CHANNEL_NAMES[message.channel],
            "reason": reason_words(message.reason),
        }
        for message in page.rows
    ]
    return render(
        request, "staff/messages.html", {"filters": filters, "page": page, "rows": shown, "count": rows.count()}
    )


@require_GET
@allowed("see_messages")
def message_page(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message: what it said, what became of it, and every decision about it."""
    rows = Message.objects.select_related("account__debtor", "account__creditor")
    message = rows.filter(pk=message_id).first()
    if message is None:
        raise NotFound(_("There is no such message."))
    account = access_account(person(request), message.account.reference)
    kept = Q(source=source_of(message.pk)) | Q(pk=message.facts.get("decision") or 0)
    decisions = Decision.objects.filter(kept, account=account).order_by("-id")[:DECISIONS_SHOWN]
    name = account.debtor.name
    context = {
        "message": message,
        "account": account,
        "name": name if may(request.user, "reveal") else masked_name(name),
        "words": MESSAGE_WORDS[message.state],
        "purpose": purpose_words(message.purpose),
        "channel": CHANNEL_NAMES[message.channel],
        "reason": reason_words(message.reason),
        "receipts": message.receipts.order_by("received_at", "id"),
        "decisions": [decision_row(decision) for decision in decisions],
        "zone": account.debtor.time_zone,
    }
    return render(request, "staff/message.html", context)
