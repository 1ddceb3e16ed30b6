"""Staff pages about refunds: a payment and what was given back of it, asking, deciding, settling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import allowed, may, person
from accounts.services import caller_of
from common.errors import NotFound, PlatformError
from common.keyset import page_of
from common.once import use_token
from payments.access import access_payment
from payments.forms_refunds import NoteForm, RefundForm, TransferForm
from payments.models import Payment, Refund
from payments.panels import ATTEMPT_WORDS, PAYMENT_WORDS, SOURCE_WORDS
from payments.refund_access import access_refund, refunds_visible_to
from payments.refund_words import REASONS, STATES, TONES
from payments.refunds import (
    RefundRefused,
    approve_refund,
    ask_about_refund,
    choices_of,
    give_up_refund,
    record_transfer,
    reject_refund,
    request_refund,
    see_refund,
    send_refund_again,
)
from payments.views_staff_decisions import waiting_of
from payments.words import reason_words

FINISHED = ("succeeded", "failed", "rejected")


@require_GET
@allowed("see_payments")
def payment_page(request: HttpRequest, reference: str) -> HttpResponse:
    payment = access_payment(person(request), reference)
    attempts = list(payment.attempts.select_related("provider").order_by("pk"))
    choice, refusal = None, ""
    try:
        choice = choices_of(payment)
    except RefundRefused as refused:
        refusal = refused.message
    context = {
        "payment": payment,
        "account": payment.account,
        "words": PAYMENT_WORDS[payment.state],
        "source": SOURCE_WORDS.get(payment.source, payment.source),
        "transfer": payment.transfers.first(),
        "attempts": [(row, _problem_words(row.reason), ATTEMPT_WORDS[row.state]) for row in attempts],
        "refunds": [refund_row(row) for row in payment.refunds.order_by("-pk")],
        "disputes": [row for attempt in attempts for row in attempt.disputes.order_by("-pk")],
        "choice": choice,
        "refusal": refusal,
        "may_ask": may(request.user, "work"),
        "waiting": waiting_of(attempts) if may(request.user, "work") else [],
        "may_decide": may(request.user, "confirm_money"),
    }
    return render(request, "staff/payment.html", context)


def refund_row(refund: Refund) -> dict[str, Any]:
    words, tone = STATES[refund.state], TONES[refund.state]
    return {"refund": refund, "words": words, "tone": tone, "problem": _problem_words(refund.problem)}


def _problem_words(problem: str) -> str:
    return str(REASONS.get(problem) or (reason_words(problem) if problem else ""))


@require_http_methods(["GET", "POST"])
@allowed("work")
def refund_new(request: HttpRequest, reference: str) -> HttpResponse:
    payment = access_payment(person(request), reference)
    try:
        choice = choices_of(payment)
    except RefundRefused as refused:
        messages.error(request, refused.message)
        return redirect("payment_page", payment.reference)
    form = RefundForm(request.POST or None, choice=choice)
    if request.method == "POST" and form.is_valid() and _ask(request, payment, form):
        return redirect("payment_page", payment.reference)
    context = {"payment": payment, "account": payment.account, "choice": choice, "form": form}
    return render(request, "staff/refund_new.html", context, status=422 if form.errors else 200)


def _ask(request: HttpRequest, payment: Payment, form: RefundForm) -> bool:
    try:
        request_refund(payment, by=person(request), **form.cleaned_data)
    except RefundRefused as refused:
        form.add_error(None, refused.message)
        return False
    messages.success(request, _("Asked for. It goes out when a second person has agreed."))
    return True


@require_GET
@allowed("work")
def refund_list(request: HttpRequest) -> HttpResponse:
    show = request.GET.get("show", "decide")
    rows = refunds_visible_to(person(request))
    chosen = {
        "decide": rows.filter(state="requested"),
        "person": rows.filter(needs_person=True) | rows.filter(state="approved", way=Refund.Way.TRANSFER),
        "all": rows,
    }
    show = show if show in chosen else "decide"
    page = page_of(chosen[show], order=("-id",), cursor=request.GET.get("cursor", ""))
    context = {
        "page": page,
        "rows": [refund_row(row) for row in page.rows],
        "show": show,
        "to_decide": chosen["decide"].count(),
        "for_person": chosen["person"].count(),
        "full_names": may(request.user, "reveal"),
    }
    return render(request, "staff/refunds.html", context)


@require_GET
@allowed("work")
def refund_page(request: HttpRequest, reference: str) -> HttpResponse:
    return _show(request, access_refund(person(request), reference))


def _show(request: HttpRequest, refund: Refund, *, failed: NoteForm | TransferForm | None = None) -> HttpResponse:
    own = refund.requested_by_id == person(request).pk
    stuck = refund.needs_person
    context = {
        **refund_row(refund),
        "payment": refund.payment,
        "account": refund.payment.account,
        "own": own,
        "may_decide": may(request.user, "approve_refunds"),
        "may_agree": may(request.user, "approve_refunds") and not own,
        "can_turn_down": refund.state in ("requested", "approved") and (own or may(request.user, "approve_refunds")),
        "to_transfer": refund.state == "approved" and refund.way == Refund.Way.TRANSFER,
        "unanswered": stuck and refund.state in ("sending", "unknown", "pending"),
        "to_see": stuck and refund.state in FINISHED,
        "note_form": failed if isinstance(failed, NoteForm) else NoteForm(),
        "transfer_form": failed if isinstance(failed, TransferForm) else TransferForm(auto_id="transfer_%s"),
    }
    return render(request, "staff/refund.html", context, status=422 if failed else 200)


@require_POST
@allowed("approve_refunds")
def refund_approve(request: HttpRequest, reference: str) -> HttpResponse:
    refund = access_refund(person(request), reference)
    approve_refund(refund, by=person(request), note=request.POST.get("note", ""))
    messages.success(request, _("Agreed. It goes out within a minute, or waits for the transfer."))
    return redirect("refund_page", refund.reference)


Change = Callable[[Refund, HttpRequest, str], Any]
NETWORK: dict[str, Change] = {
    "ask": lambda refund, request, note: ask_about_refund(refund, by=person(request)),
    "again": lambda refund, request, note: send_refund_again(refund, by=person(request), reason=note),
    "give-up": lambda refund, request, note: give_up_refund(refund, by=person(request), reason=note),
}
LOCAL: dict[str, Change] = {
    "reject": lambda refund, request, note: reject_refund(refund, by=person(request), note=note),
    "seen": lambda refund, request, note: see_refund(refund, by=person(request), reason=note),
}


@require_POST
@allowed("work")
def refund_act(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """What needs a reason: turning down, asking the wallet, sending again, giving up, having seen it."""
    refund = access_refund(person(request), reference)
    change = {**NETWORK, **LOCAL}.get(action)
    if change is None:
        raise NotFound(_("There is no such step."))
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _show(request, refund, failed=form)
    if action == "reject" and refund.requested_by_id != person(request).pk:
        _need_supervisor(request)
    try:
        change(refund, request, form.cleaned_data["note"])
    except PlatformError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Done. It stands in the record."))
    return redirect("refund_page", refund.reference)


def _need_supervisor(request: HttpRequest) -> None:
    if not may(request.user, "approve_refunds"):
        raise RefundRefused(_("Only who asked for it, or a supervisor, can turn it down."), why="not_yours")


@require_POST
@allowed("work")
def refund_transfer(request: HttpRequest, reference: str) -> HttpResponse:
    refund = access_refund(person(request), reference)
    form = TransferForm(request.POST, auto_id="transfer_%s")
    if not form.is_valid():
        return _show(request, refund, failed=form)
    with transaction.atomic():
        if use_token(caller_of(person(request)), request.POST.get("token", "")):
            record_transfer(refund, by=person(request), reference=form.cleaned_data["reference"])
    messages.success(request, _("The transfer is recorded and posted."))
    return redirect("refund_page", refund.reference)
