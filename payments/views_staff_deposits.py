"""Deposits on public chains that need a decision: the queue, and the page of one with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.forms.tokens import OnceForm
from accounts.roles import allowed, may, person
from accounts.services import caller_of
from common.errors import InvalidInput
from common.keyset import page_of
from common.once import use_token
from payments.deposits.access import access_deposit, deposits_visible_to, unread_addresses, waiting
from payments.deposits.deciding import (
    confirm_decision,
    decisions_for,
    propose_decision,
    put_back,
    record_return,
)
from payments.deposits.networks import network_words, written
from payments.deposits.words import STATES, TONES, advice_on, units_words
from payments.forms_deposits import DecisionForm, PutBackForm, ReturnedForm
from payments.models import Deposit


@require_GET
@allowed("work")
def deposit_list(request: HttpRequest) -> HttpResponse:
    every = request.GET.get("show") == "all"
    rows = deposits_visible_to(person(request))
    open_ones = waiting(rows)
    page = page_of(rows if every else open_ones, order=("-id",), cursor=request.GET.get("cursor", ""))
    context = {
        "page": page,
        "rows": [_row(deposit) for deposit in page.rows],
        "every": every,
        "count": open_ones.count(),
        "unread": unread_addresses(),
        "full_names": may(request.user, "reveal"),
    }
    return render(request, "staff/deposits.html", context)


@require_GET
@allowed("work")
def deposit_page(request: HttpRequest, reference: str) -> HttpResponse:
    return _show(request, access_deposit(person(request), reference))


@require_POST
@allowed("work")
def deposit_decide(request: HttpRequest, reference: str) -> HttpResponse:
    deposit = access_deposit(person(request), reference)
    form = DecisionForm(request.POST, decisions=decisions_for(deposit), deposit=deposit)
    if not form.is_valid():
        return _show(request, deposit, decision=form)
    return _act(
        request,
        form,
        deposit,
        lambda: propose_decision(
            deposit, form.cleaned_data["decision"], by=person(request), reason=form.cleaned_data["reason"]
        ),
        "decision",
    )


@require_POST
@allowed("confirm_money")
def deposit_confirm(request: HttpRequest, reference: str) -> HttpResponse:
    deposit = access_deposit(person(request), reference)
    form = OnceForm(request.POST)
    return _act(request, form, deposit, lambda: confirm_decision(deposit, by=person(request)), "confirm")


@require_POST
@allowed("work")
def deposit_put_back(request: HttpRequest, reference: str) -> HttpResponse:
    deposit = access_deposit(person(request), reference)
    form = PutBackForm(request.POST)
    if not form.is_valid():
        return _show(request, deposit, back=form)
    reason = form.cleaned_data["reason"]
    return _act(request, form, deposit, lambda: put_back(deposit, by=person(request), reason=reason), "back")


@require_POST
@allowed("work")
def deposit_returned(request: HttpRequest, reference: str) -> HttpResponse:
    deposit = access_deposit(person(request), reference)
    form = ReturnedForm(request.POST)
    if not form.is_valid():
        return _show(request, deposit, returned=form)
    given = form.cleaned_data["transaction_id"]
    return _act(
        request, form, deposit, lambda: record_return(deposit, by=person(request), transaction_id=given), "returned"
    )


def _act(
    request: HttpRequest, form: OnceForm, deposit: Deposit, change: Callable[[], Deposit], name: str
) -> HttpResponse:
    """The same form again changes nothing."""
    try:
        with transaction.atomic():
            if use_token(caller_of(person(request)), request.POST.get("token", "")):
                change()
    except InvalidInput as error:
        form.add_error(error.field, error.message)
        return _show(request, deposit, **{name: form})
    messages.success(request, _("Done. It stands in the record."))
    return redirect("deposit_page", deposit.reference)


def _show(request: HttpRequest, deposit: Deposit, **forms: OnceForm) -> HttpResponse:
    decisions = decisions_for(deposit)
    own = deposit.proposed_by_id == person(request).pk
    context: dict[str, Any] = {
        **_row(deposit),
        "account": deposit.address.attempt.payment.account,
        "network": network_words(deposit.network),
        "decision_form": forms.get("decision") or (DecisionForm(decisions=decisions, deposit=deposit)),
        "decisions": decisions,
        "back_form": forms.get("back") or PutBackForm(auto_id="back_%s"),
        "confirm_form": OnceForm(auto_id="confirm_%s"),
        "returned_form": forms.get("returned") or ReturnedForm(auto_id="returned_%s"),
        "may_confirm": may(request.user, "confirm_money") and not own,
        "own": own,
        "full_names": may(request.user, "reveal"),
    }
    return render(request, "staff/deposit.html", context, status=422 if forms else 200)


def _row(deposit: Deposit) -> dict[str, Any]:
    return {
        "deposit": deposit,
        "account": deposit.address.attempt.payment.account,
        "units": units_words(deposit),
        "transaction": written(deposit.network, deposit.transaction),
        "worth": deposit.worth,
        "advice": advice_on(deposit),
        "words": STATES[deposit.state],
        "tone": TONES.get(deposit.state, "quiet"),
        "network": network_words(deposit.network),
    }
