"""Differences with the wallets' statements: the list, one difference, and what can be done about it."""

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
from accounts.models import Account, User
from accounts.roles import allowed, person
from accounts.selectors import access_account
from accounts.services import caller_of
from common.errors import Conflict, InvalidInput, NotFound
from common.keyset import page_of
from common.once import use_token
from payments import reconciliation
from payments.forms_reconciliation import AssignForm, FilterForm, ForceForm, MatchForm, ReasonForm
from payments.models import ReconciliationItem
from payments.reconciliation.access import access_item, books, held_money, items

Given = dict[str, Any]
Act = Callable[[ReconciliationItem, Given, User], Any]
ACTS: dict[str, tuple[type[OnceForm], Act]] = {
    "take": (OnceForm, lambda item, given, by: reconciliation.assign_item(item, to=by, by=by)),
    "assign": (AssignForm, lambda item, given, by: reconciliation.assign_item(item, to=given["owner"], by=by)),
    "match": (
        MatchForm,
        lambda item, given, by: reconciliation.match_by_hand(
            item, reference=given["reference"], reason=given["reason"], by=by
        ),
    ),
    "accept": (ReasonForm, lambda item, given, by: reconciliation.accept_fee(item, reason=given["reason"], by=by)),
    "propose": (
        ForceForm,
        lambda item, given, by: reconciliation.propose_force(
            item,
            destination=given["destination"],
            reason=given["reason"],
            by=by,
            creditor=given.get("creditor"),
            account=_account(given.get("account", ""), by),
        ),
    ),
    "confirm": (OnceForm, lambda item, given, by: reconciliation.confirm_force(item, by=by)),
    "put-back": (
        ReasonForm,
        lambda item, given, by: reconciliation.put_back_force(item, reason=given["reason"], by=by),
    ),
}
TONES = {"open": "warn", "proposed": "info", "resolved": "good"}


@require_GET
@allowed("confirm_money")
def reconciliation_list(request: HttpRequest) -> HttpResponse:
    every = books()
    form = FilterForm(request.GET, providers=[(one.provider.key, one.provider.display_name) for one in every])
    given = form.cleaned_data if form.is_valid() else {}
    rows = items(given, person(request))
    page = page_of(rows, order=("opened_at", "id"), cursor=request.GET.get("cursor", ""))
    context = {
        "page": page,
        "rows": [(row, TONES[row.state]) for row in page.rows],
        "count": rows.count(),
        "books": every,
        "held": held_money(),
        "form": form,
    }
    return render(request, "staff/reconciliation.html", context)


@require_GET
@allowed("confirm_money")
def reconciliation_item(request: HttpRequest, reference: str) -> HttpResponse:
    return _show(request, access_item(reference))


@require_POST
@allowed("confirm_money")
def reconciliation_act(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """The same form again changes nothing."""
    item = access_item(reference)
    if action not in ACTS:
        raise NotFound(_("There is no such step."))
    form = _form(action, item, request.POST)
    if not form.is_valid():
        return _show(request, item, **{action: form})
    try:
        with transaction.atomic():
            if use_token(caller_of(person(request)), request.POST.get("token", "")):
                ACTS[action][1](item, form.cleaned_data, person(request))
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _show(request, item, **{action: form})
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Done. It stands in the record."))
    return redirect("reconciliation_item", item.reference)


def _account(reference: str, by: User) -> Account | None:
    try:
        return access_account(by, reference.strip()) if reference.strip() else None
    except NotFound as error:
        raise InvalidInput(error.message, field="account") from error


def _form(action: str, item: ReconciliationItem, data: Any = None) -> OnceForm:
    kind = ACTS[action][0]
    more: dict[str, Any] = {"item": item} if kind is ForceForm else {}
    return kind(data, auto_id=f"{action}_%s", **more)


def _show(request: HttpRequest, item: ReconciliationItem, **failed: OnceForm) -> HttpResponse:
    forms = {action.replace("-", "_"): _form(action, item) for action in ACTS}
    forms |= {action.replace("-", "_"): form for action, form in failed.items()}
    group = {"group_key": item.group_key}
    context = {
        "item": item,
        "tone": TONES[item.state],
        "forms": forms,
        "lines": item.provider.statement_lines.filter(**group).exclude(state="withdrawn").order_by("pk")[:50],
        "ours": item.provider.expectations.filter(**group).order_by("pk")[:50],
        "own": item.proposed_by_id == person(request).pk,
        "is_fee": item.kind == ReconciliationItem.Kind.FEE,
    }
    return render(request, "staff/reconciliation_item.html", context, status=422 if failed else 200)
