"""The agents' inbox: who waits for an answer, one conversation with its drafts, and the answer itself."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import allowed, person
from common.errors import InvalidInput
from common.keyset import page_of
from reminders.conversations import selectors
from reminders.conversations.forms import ReplyForm
from reminders.conversations.replying import UnknownFigure, send_reply
from reminders.conversations.threads import close, take
from reminders.conversations.words import DRAFT_NAMES, GRAVE, topic_words
from reminders.drafting.client import is_on
from reminders.drafting.services import draft_by_model
from reminders.models import Conversation
from reminders.reasons import reason_words
from reminders.words import CHANNEL_NAMES, MESSAGE_WORDS


@require_http_methods(["GET"])
@allowed("work")
def conversation_list(request: HttpRequest) -> HttpResponse:
    which = request.GET.get("show", "waiting")
    which = which if which in selectors.SHOWN else "waiting"
    rows = selectors.inbox(person(request), which)
    page = page_of(rows, order=selectors.order_of(which), cursor=request.GET.get("cursor", ""))
    words, counts = selectors.last_words(page.rows), selectors.counts(person(request))
    names = {"waiting": _("Waiting for us"), "mine": _("Mine"), "all": _("All")}
    tabs = [
        {"label": names[key], "url": f"?show={key}", "current": key == which, "count": counts[key]}
        for key in selectors.SHOWN
    ]
    shown = [
        {
            "thread": thread,
            "topic": topic_words(thread.topic),
            "grave": thread.topic in GRAVE,
            "words": words.get(thread.pk, ""),
            "channel": CHANNEL_NAMES.get(thread.channel, thread.channel),
        }
        for thread in page.rows
    ]
    return render(request, "staff/conversations/list.html", {"tabs": tabs, "rows": shown, "page": page, "which": which})


@require_http_methods(["GET", "POST"])
@allowed("work")
def conversation_page(request: HttpRequest, thread_id: int) -> HttpResponse:
    thread = selectors.access_conversation(thread_id)
    drafts = selectors.drafts(thread)
    chosen = next((draft["text"] for draft in drafts if draft["key"] == request.GET.get("draft")), "")
    form = ReplyForm(request.POST or None, initial={"text": chosen})
    if request.method == "POST" and form.is_valid():
        answered = _answer(request, thread, form)
        if answered:
            return redirect("conversation_list")
    return render(
        request, "staff/conversations/page.html", _context(thread, form, drafts, request.GET.get("draft", ""))
    )


@require_POST
@allowed("work")
def conversation_draft(request: HttpRequest, thread_id: int) -> HttpResponse:
    """A draft by the writing service, in the box of the answer; it is sent by nobody but the agent."""
    thread = selectors.access_conversation(thread_id)
    draft = draft_by_model(thread, by=person(request))
    if draft.withheld:
        messages.warning(request, draft.withheld)
    form = ReplyForm(initial={"text": draft.text})
    return render(request, "staff/conversations/page.html", _context(thread, form, selectors.drafts(thread), ""))


def _answer(request: HttpRequest, thread: Conversation, form: ReplyForm) -> bool:
    data = form.cleaned_data
    try:
        send_reply(
            thread, text=data["text"], by=person(request), token=data["token"], figures_meant=data["figures_meant"]
        )
    except UnknownFigure as error:
        form.ask_about_figures()
        form.add_error("text", error.message)
        return False
    except InvalidInput as error:
        form.add_error("text", error.message)
        return False
    messages.success(request, _("Your answer goes out within a minute, if contact is allowed then."))
    return True


def _context(thread: Conversation, form: ReplyForm, drafts: list[dict[str, str]], chosen: str) -> dict[str, object]:
    said = [
        {
            "bubble": bubble,
            "channel": CHANNEL_NAMES.get(bubble.channel, bubble.channel),
            "meaning": topic_words(bubble.recognised) if bubble.recognised else "",
            "state": MESSAGE_WORDS.get(bubble.state, ""),
            "reason": reason_words(bubble.reason),
        }
        for bubble in selectors.bubbles(thread.debtor)
    ]
    return {
        "thread": thread,
        "account": thread.account,
        "topic": topic_words(thread.topic),
        "grave": thread.topic in GRAVE,
        "said": said,
        "holds": selectors.running_holds(thread.debtor),
        "drafts": [{**draft, "name": DRAFT_NAMES[draft["key"]], "current": draft["key"] == chosen} for draft in drafts],
        "form": form,
        "may_draft": is_on() and thread.account is not None and thread.topic not in selectors.NO_DRAFTS,
    }


@require_POST
@allowed("work")
def conversation_take(request: HttpRequest, thread_id: int) -> HttpResponse:
    thread = selectors.access_conversation(thread_id)
    give_back = request.POST.get("give_back") == "1"
    take(thread, by=None if give_back else person(request))
    return redirect("conversation_page", thread.pk)


@require_POST
@allowed("work")
def conversation_close(request: HttpRequest, thread_id: int) -> HttpResponse:
    close(selectors.access_conversation(thread_id), by=person(request))
    messages.success(request, _("The conversation is closed. A new message opens it again."))
    return redirect("conversation_list")
