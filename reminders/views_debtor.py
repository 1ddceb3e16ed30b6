"""Where the forms about messages on the debtor's pages go. Each answers with a redirect back to its page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from common.errors import Forbidden, InvalidInput
from payments.debtor_identity import asks_identity
from payments.views_debtor.doors import SeeOther, Visit, debtor_page, sealed
from reminders.debtor_requests import TooManyTexts, ask_for_new_link, choose_channel, write_to_us
from reminders.push_subscriptions import simulated_subscription, switch_off, switch_on


@debtor_page
def write(request: HttpRequest, visit: Visit) -> HttpResponse:
    if request.method == "POST":
        try:
            write_to_us(
                visit.link, text=request.POST.get("text", ""), token=request.POST.get("request_key", "")[:32] or "none"
            )
            messages.success(request, _("Sent. A person reads it and answers here."))
        except (InvalidInput, TooManyTexts) as error:
            messages.error(request, error.message)
    return SeeOther(visit.url("debtor_messages"))


@debtor_page
def channel(request: HttpRequest, visit: Visit) -> HttpResponse:
    if request.method == "POST":
        wanted = request.POST.get("want") == "start"
        if wanted and not (visit.identified and asks_identity(visit.link)):
            raise Forbidden(_("Before we start writing again, tell us one thing that shows who you are."))
        choose_channel(visit.link, channel=request.POST.get("channel", ""), wanted=wanted)
        messages.success(request, _("Saved. It counts from now on."))
    return SeeOther(visit.url("debtor_preferences"))


@debtor_page
def push(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Notifications on and off. On is for someone who has shown who they are: what arrives opens their page."""
    if request.method != "POST":
        return SeeOther(visit.url("debtor_preferences"))
    if request.POST.get("want") == "stop":
        switch_off(visit.link)
    else:
        if not (visit.identified and asks_identity(visit.link)):
            raise Forbidden(_("Before we start writing again, tell us one thing that shows who you are."))
        given = request.POST.get("subscription", "")
        switch_on(visit.link, subscription=given or simulated_subscription())
    messages.success(request, _("Saved. It counts from now on."))
    return SeeOther(visit.url("debtor_preferences"))


def new_link(request: HttpRequest, token: str) -> HttpResponse:
    """The same answer for every token, known or not."""
    if request.method == "POST":
        ask_for_new_link(token)
        return sealed(render(request, "debtor/link_asked.html"))
    return SeeOther(reverse("pay", args=[token]))
