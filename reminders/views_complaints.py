"""Complaints and feedback for the staff: the lists, one complaint with its clock, its answer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import allowed, person
from accounts.selectors import access_account
from accounts.services import caller_of
from common.clock import now
from common.errors import PlatformError
from common.keyset import page_of
from reminders.complaints import selectors
from reminders.complaints.clock import source_of
from reminders.complaints.forms import AnswerForm, RecordForm, WithdrawForm
from reminders.complaints.services import (
    answer_complaint,
    confirmed,
    open_again,
    open_complaint,
    take_complaint,
    withdraw_complaint,
)
from reminders.complaints.words import standing
from reminders.models import Complaint, Feedback
from reminders.words import CHANNEL_NAMES

COUNTED = timedelta(days=30)


@require_GET
@allowed("work")
def complaint_list(request: HttpRequest) -> HttpResponse:
    which = request.GET.get("show", "open")
    which = which if which in selectors.SHOWN else "open"
    rows = selectors.complaints_shown(person(request), which)
    page = page_of(rows, order=selectors.ORDERS.get(which, selectors.SOONEST), cursor=request.GET.get("cursor", ""))
    names = {"open": _("Open"), "late": _("Late"), "mine": _("Mine"), "over": _("Over")}
    counts = selectors.counts_of_lists(person(request))
    tabs = [
        {"label": names[key], "url": f"?show={key}", "current": key == which, "count": counts[key]}
        for key in selectors.SHOWN
    ]
    shown = [{"complaint": row, "standing": standing(row)} for row in page.rows]
    return render(request, "staff/complaints/list.html", {"tabs": tabs, "rows": shown, "page": page, "which": which})


@require_http_methods(["GET", "POST"])
@allowed("work")
def complaint_page(request: HttpRequest, complaint_id: UUID) -> HttpResponse:
    row = selectors.access_complaint(complaint_id)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            answer_complaint(row, outcome=data["outcome"], text=data["text"], by=person(request), token=data["token"])
            messages.success(request, _("Answered. The hold of this complaint has ended."))
            return redirect("complaint_list")
        except PlatformError as error:
            _say(form, error)
    context = {
        "complaint": row,
        "account": row.account,
        "standing": standing(row),
        "source": source_of(row.rule),
        "confirmed": confirmed(row),
        "confirmed_by": CHANNEL_NAMES.get(row.confirmation.channel, "") if row.confirmation else "",
        "form": form,
        "withdraw_form": WithdrawForm(auto_id="id_withdraw_%s"),
    }
    return render(request, "staff/complaints/page.html", context, status=422 if form.errors else 200)


def _say(form: AnswerForm | RecordForm, error: PlatformError) -> None:
    field = getattr(error, "field", None)
    form.add_error(field if field in form.fields else None, error.message)


@require_POST
@allowed("work")
def complaint_take(request: HttpRequest, complaint_id: UUID) -> HttpResponse:
    me = person(request)
    give_back = request.POST.get("give_back") == "1"
    take_complaint(selectors.access_complaint(complaint_id), owner=None if give_back else me, by=me)
    return redirect("complaint_page", complaint_id)


@require_POST
@allowed("work")
def complaint_withdraw(request: HttpRequest, complaint_id: UUID) -> HttpResponse:
    form = WithdrawForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        withdraw_complaint(
            selectors.access_complaint(complaint_id), why=data["why"], by=person(request), token=data["token"]
        )
        messages.success(request, _("Written down as taken back."))
    else:
        messages.error(request, _("Say why, in a few words."))
    return redirect("complaint_page", complaint_id)


@require_POST
@allowed("work")
def complaint_again(request: HttpRequest, complaint_id: UUID) -> HttpResponse:
    open_again(selectors.access_complaint(complaint_id), by=person(request))
    return redirect("complaint_page", complaint_id)


@require_http_methods(["GET", "POST"])
@allowed("work")
def complaint_new(request: HttpRequest, reference: str) -> HttpResponse:
    account = access_account(person(request), reference)
    form = RecordForm(request.POST or None, initial={"via": Complaint.Via.PHONE, "about": Complaint.About.OTHER})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = open_complaint(
                account.debtor, account=account, text=data["text"], about=data["about"], via=data["via"],
                by=person(request), once=(caller_of(person(request)), data["token"]),
            )  # fmt: skip
            return redirect("complaint_page", row.pk) if row else redirect("complaint_list")
        except PlatformError as error:
            _say(form, error)
    status = 422 if form.errors else 200
    return render(request, "staff/complaints/new.html", {"account": account, "form": form}, status=status)


@require_GET
@allowed("work")
def feedback_list(request: HttpRequest) -> HttpResponse:
    kind, score = request.GET.get("kind", ""), request.GET.get("score", "")
    rows = selectors.feedback_shown(kind, score)
    page = page_of(rows, order=("-given_at", "-id"), cursor=request.GET.get("cursor", ""))
    tabs = [{"label": _("All"), "url": "?", "current": kind not in Feedback.Kind.values}]
    tabs += [
        {"label": label, "url": f"?kind={value}", "current": kind == value} for value, label in Feedback.Kind.choices
    ]
    context = {"tabs": tabs, "page": page, "counts": selectors.feedback_counts(now() - COUNTED), "score": score}
    return render(request, "staff/feedback.html", context)
