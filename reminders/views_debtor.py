"""Where the forms about messages on the debtor's pages go. Each answers with a redirect back to its page."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from common.errors import Conflict, Forbidden, InvalidInput, NotFound
from common.once import new_form_token
from payments.debtor_identity import asks_identity
from payments.views_debtor.doors import SeeOther, Visit, debtor_page, sealed, show
from reminders.complaints.forms import ComplainForm
from reminders.complaints.selectors import complaints_of
from reminders.complaints.services import open_again, open_complaint
from reminders.debtor_requests import TooManyTexts, ask_for_new_link, choose_channel, write_to_us
from reminders.feedback import give_feedback
from reminders.models import Complaint
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


@debtor_page
def complaint(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Their complaints about us and how they stand, and a form for another one."""
    form = ComplainForm(request.POST or None, initial={"about": Complaint.About.MANNER})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            open_complaint(
                visit.account.debtor, account=visit.account, text=data["text"], about=data["about"],
                via=Complaint.Via.PAGE, once=(f"link:{visit.link.pk}", data["token"]),
            )  # fmt: skip
            messages.success(request, _("We have your complaint. You see below how it stands."))
            return SeeOther(visit.url("debtor_complaint"))
        except (InvalidInput, Conflict) as error:
            form.add_error(None, error.message)
    context = {"form": form, "complaints": complaints_of(visit.account), "form_token": new_form_token()}
    return show(request, visit, "complaint", context, 422 if form.errors else 200)


@debtor_page
def complaint_again(request: HttpRequest, visit: Visit, complaint_id: UUID) -> HttpResponse:
    row = complaints_of(visit.account).filter(pk=complaint_id).first()
    if row is None:
        raise NotFound(_("There is no such complaint."))
    if request.method == "POST":
        open_again(row, by=None, once=(f"link:{visit.link.pk}", request.POST.get("token", "")[:32] or "none"))
        messages.success(request, _("We look at it again. You see below by when."))
    return SeeOther(visit.url("debtor_complaint"))


@debtor_page
def feedback(request: HttpRequest, visit: Visit) -> HttpResponse:
    if request.method == "POST":
        given = {name: request.POST.get(name, "") for name in ("kind", "about", "score", "text")}
        try:
            give_feedback(visit.account, **given)
            messages.success(request, _("Thank you. We read every answer."))
        except InvalidInput as error:
            messages.error(request, error.message)
    back = request.POST.get("back", "")
    return SeeOther(back if back.startswith(visit.url("pay")) else visit.url("debtor_messages"))


def new_link(request: HttpRequest, token: str) -> HttpResponse:
    """The same answer for every token, known or not."""
    if request.method == "POST":
        ask_for_new_link(token)
        return sealed(render(request, "debtor/link_asked.html"))
    return SeeOther(reverse("pay", args=[token]))
