"""Disputes at the desk: the queue, one dispute with its papers, a question to the person, the decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.roles import allowed, may, person
from accounts.selectors import access_account
from accounts.services import caller_of
from accounts.views.account import shown_name
from common.errors import PlatformError
from common.keyset import page_of
from common.money import Money
from payments.disputes import access
from payments.disputes.clock import clock_named
from payments.disputes.deciding import decide
from payments.disputes.evidence import add_evidence, content_of
from payments.disputes.forms import AskForm, DecideForm, DisputeFilters, RecordForm, WithdrawForm, WordsForm
from payments.disputes.opening import active_hold, add_words, ask_for_more, open_dispute, take, withdraw
from payments.disputes.words import standing
from payments.models import DebtDispute
from payments.views_debtor.disputes import letter_of, saved_file

SOONEST = ("answer_by", "id")
ORDERS = {"over": ("-decided_at", "-id"), "answer": ("-decided_at", "-id")}


@require_GET
@allowed("work")
def dispute_list(request: HttpRequest) -> HttpResponse:
    which = request.GET.get("show", "open")
    which = which if which in access.SHOWN else "open"
    me = person(request)
    filters = DisputeFilters(request.GET)
    chosen = filters.chosen()
    rows = access.disputes_shown(me, which, **chosen)
    page = page_of(rows, order=ORDERS.get(which, SOONEST), cursor=request.GET.get("cursor", ""))
    names = {
        "open": _("Open"),
        "late": _("Late"),
        "mine": _("Mine"),
        "asked": _("Waiting for the person"),
        "second": _("Waiting for a second person"),
        "answer": _("Answer under way"),
        "over": _("Over"),
    }
    counts = access.counts_of_lists(me)
    tabs = [
        {"label": names[key], "url": f"?{urlencode({'show': key, **chosen})}", "current": key == which,
         "count": counts[key]}
        for key in access.SHOWN
    ]  # fmt: skip
    shown = [{"dispute": row, "standing": standing(row), "name": shown_name(request, row.account)} for row in page.rows]
    context = {
        "tabs": tabs,
        "rows": shown,
        "page": page,
        "which": which,
        "filters": filters,
    }
    return render(request, "staff/disputes/list.html", context)


@require_http_methods(["GET", "POST"])
@allowed("work")
def dispute_page(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    me = person(request)
    row = access.access_dispute(me, dispute_id)
    form = DecideForm(request.POST or None, account=row.account)
    if request.method == "POST" and form.is_valid():
        try:
            decided = decide(row, form.decision(), by=me, token=form.cleaned_data["token"])
            messages.success(request, _said(decided))
            return redirect("dispute_page", row.pk)
        except PlatformError as error:
            _say(form, error)
    return _page(request, row, form=form, status=422 if form.errors else 200)


def _said(row: DebtDispute) -> str:
    if row.state == "deciding":
        return _("Written down. The answer goes out when a second person has agreed.")
    return _("Decided. The answer goes out now, and the hold ends when it has arrived.")


def _page(request: HttpRequest, row: DebtDispute, *, status: int = 200, **forms: Form) -> HttpResponse:
    me = person(request)
    clock = clock_named(row.rule)
    context = {
        "dispute": row,
        "account": row.account,
        "name": shown_name(request, row.account),
        "standing": standing(row),
        "clock": clock,
        "claimed": Money(row.claimed_minor, row.account.currency) if row.claimed_minor else None,
        "remarks": row.remarks.select_related("by").order_by("at", "id"),
        "papers": row.evidence.select_related("given_by").defer("content").order_by("given_at"),
        "held": active_hold(row.account),
        "may_turn_down": may(me, "decide_disputes"),
        "form": DecideForm(account=row.account),
        "ask_form": AskForm(auto_id="ask_%s"),
        "words_form": WordsForm(auto_id="words_%s"),
        "withdraw_form": WithdrawForm(auto_id="withdraw_%s"),
        **forms,
    }
    return render(request, "staff/disputes/page.html", context, status=status)


@transaction.atomic
def _write_down(row: DebtDispute, said: Mapping[str, Any], *, note: bool, by: User) -> None:
    """Papers and words together: what is refused leaves neither."""
    add_evidence(row, said["papers"], by=by)
    if said["text"].strip():
        add_words(row, said["text"], by=by, note=note, once=(caller_of(by), said["token"]))


def _taken(form: Form, act: Callable[[], object]) -> bool:
    """Whether it was done; a refusal stands at its field."""
    try:
        act()
    except PlatformError as error:
        _say(form, error)
        return False
    return True


def _say(form: Form, error: PlatformError) -> None:
    field = getattr(error, "field", None)
    form.add_error(field if field in form.fields else None, error.message)


@require_POST
@allowed("work")
def dispute_take(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    me = person(request)
    take(access.access_dispute(me, dispute_id), owner=None if request.POST.get("give_back") == "1" else me, by=me)
    return redirect("dispute_page", dispute_id)


@require_POST
@allowed("work")
def dispute_ask(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    me = person(request)
    row = access.access_dispute(me, dispute_id)
    form = AskForm(request.POST, auto_id="ask_%s")
    said = form.cleaned_data if form.is_valid() else {}
    if said and _taken(form, lambda: ask_for_more(row, text=said["text"], by=me, token=said["token"])):
        messages.success(request, _("Asked. It stands on their page."))
        return redirect("dispute_page", dispute_id)
    return _page(request, row, ask_form=form, status=422)


@require_POST
@allowed("work")
def dispute_words(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    """What the person said or sent by another way, or a note of our own."""
    me = person(request)
    row = access.access_dispute(me, dispute_id)
    form = WordsForm(request.POST, request.FILES, auto_id="words_%s")
    note = request.POST.get("note") == "1"
    if form.is_valid() and _taken(form, lambda: _write_down(row, form.cleaned_data, note=note, by=me)):
        messages.success(request, _("Written down."))
        return redirect("dispute_page", dispute_id)
    return _page(request, row, words_form=form, status=422)


@require_POST
@allowed("work")
def dispute_withdrawn(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    me = person(request)
    row = access.access_dispute(me, dispute_id)
    form = WithdrawForm(request.POST, auto_id="withdraw_%s")
    said = form.cleaned_data if form.is_valid() else {}
    if said and _taken(form, lambda: withdraw(row, why=said["why"], by=me, once=(caller_of(me), said["token"]))):
        messages.success(request, _("Written down as taken back. The hold has ended."))
        return redirect("dispute_page", dispute_id)
    return _page(request, row, withdraw_form=form, status=422)


@require_GET
@allowed("work")
def dispute_paper(request: HttpRequest, dispute_id: UUID, evidence_id: UUID) -> HttpResponse:
    me = person(request)
    paper = access.access_evidence(access.access_dispute(me, dispute_id), evidence_id, by=me)
    return saved_file(paper.name, content_of(paper))


@require_GET
@allowed("work")
def dispute_letter(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    """What the person gets, word for word."""
    return letter_of(access.access_dispute(person(request), dispute_id))


@require_http_methods(["GET", "POST"])
@allowed("work")
def dispute_new(request: HttpRequest, reference: str) -> HttpResponse:
    me = person(request)
    account = access_account(me, reference)
    form = RecordForm(
        request.POST or None, request.FILES or None, account=account, initial={"via": DebtDispute.Via.PHONE}
    )
    if request.method == "POST" and form.is_valid() and (opened := _recorded(form, account, me)):
        return redirect("dispute_page", opened.pk)
    context: dict[str, Any] = {"account": account, "form": form}
    return render(request, "staff/disputes/new.html", context, status=422 if form.errors else 200)


def _recorded(form: RecordForm, account: Any, me: Any) -> DebtDispute | None:
    data = form.cleaned_data
    once = (caller_of(me), data["token"]) if data["token"] else None
    try:
        opened = open_dispute(account, form.told(), via=data["via"], by=me, once=once)
        if opened is None:
            return access.last_dispute(account)
        add_evidence(opened[0], data["papers"], by=me)
        return opened[0]
    except PlatformError as error:
        _say(form, error)
        return None
