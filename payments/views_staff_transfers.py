"""Bank transfers to our own account: the list, writing one down, one with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms.tokens import OnceForm
from accounts.models import User
from accounts.roles import allowed, may, person
from accounts.services import caller_of
from common.errors import Conflict, Forbidden, InvalidInput, NotFound
from common.keyset import page_of
from common.money import Money
from common.once import use_token
from payments.forms_refunds import NoteForm
from payments.forms_transfers import (
    OwnerForm,
    PlaceForm,
    ReceivedForm,
    SentForm,
    TakeForm,
    TransferFilters,
    WhyForm,
)
from payments.models import BankTransfer, TransferStep
from payments.transfers import ask_step, assign_transfer, decide_step, note_kept, note_sent, record_received
from payments.transfers.access import access_step, access_transfer, numbers, suggestions, transfers
from payments.transfers.deciding import ASKABLE
from payments.transfers.words import STATES, STEP_STATES

Given = dict[str, Any]
Act = Callable[[BankTransfer, Given, User], Any]


def _ask(action: str) -> Act:
    return lambda row, given, by: ask_step(row, action, reason=given["reason"], account=given.get("account"), by=by)


ACTS: dict[str, tuple[Callable[..., OnceForm], Act]] = {
    "place": (PlaceForm, _ask("place")),
    "unplace": (WhyForm, _ask("unplace")),
    "return": (WhyForm, _ask("return")),
    "recall": (WhyForm, _ask("recall")),
    "sent": (SentForm, lambda row, given, by: note_sent(row, bank_reference=given["reference"], by=by)),
    "keep": (WhyForm, lambda row, given, by: note_kept(row, reason=given["reason"], by=by)),
    "take": (TakeForm, lambda row, given, by: assign_transfer(row, to=by, by=by)),
    "assign": (OwnerForm, lambda row, given, by: assign_transfer(row, to=given["owner"], by=by)),
}
# What each state offers, in the order of the page.
OFFERED = {"suspense": ("place", "return", "recall"), "placed": ("unplace", "recall"), "to_return": ("sent", "keep")}
UNDECIDED = ("recorded", "suspense", "placed", "to_return")


@require_GET
@allowed("work")
def bank_transfer_list(request: HttpRequest) -> HttpResponse:
    form = TransferFilters(request.GET)
    rows = transfers(form.cleaned_data if form.is_valid() else {}, person(request))
    page = page_of(rows, order=("-id",), cursor=request.GET.get("cursor", ""))
    waiting = set(TransferStep.objects.filter(transfer__in=page.rows, state="asked").values_list("transfer", flat=True))
    context = {
        "page": page,
        "rows": [(row, *STATES[row.state], row.pk in waiting and row.state != "recorded") for row in page.rows],
        "count": rows.count(),
        "numbers": numbers(),
        "form": form,
        "filtered": any(request.GET.get(name) for name in form.fields),
        "full_names": may(request.user, "reveal"),
    }
    return render(request, "staff/bank_transfers.html", context)


@require_http_methods(["GET", "POST"])
@allowed("work")
def bank_transfer_new(request: HttpRequest) -> HttpResponse:
    first = {name: request.GET[name] for name in ("account", "currency") if name in request.GET}
    form = ReceivedForm(request.POST or None, user=person(request), initial=first, auto_id="received_%s")
    if request.method == "POST" and form.is_valid() and (row := _recorded(request, form)):
        return redirect("bank_transfer_page", row.reference)
    if request.method == "POST" and not form.errors:
        messages.info(request, _("This was written down already."))
        return redirect("bank_transfer_list")
    return render(request, "staff/bank_transfer_new.html", {"form": form}, status=422 if form.errors else 200)


def _recorded(request: HttpRequest, form: ReceivedForm) -> BankTransfer | None:
    given = form.cleaned_data
    names = ("value_date", "bank_reference", "payer_name", "remark", "account", "token")
    try:
        row = record_received(given["money"], by=person(request), **{name: given[name] for name in names})
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None
    if row:
        messages.success(request, _("Written down. It counts when somebody else has confirmed it."))
    return row


@require_GET
@allowed("work")
def bank_transfer_page(request: HttpRequest, reference: str) -> HttpResponse:
    return _show(request, access_transfer(reference))


@require_POST
@allowed("work")
def bank_transfer_act(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """The same form again changes nothing."""
    row = access_transfer(reference)
    if action not in ACTS:
        raise NotFound(_("There is no such step."))
    form = _form(action, request, request.POST)
    if not form.is_valid():
        return _show(request, row, failed={action: form})
    try:
        with transaction.atomic():
            if use_token(caller_of(person(request)), form.cleaned_data["token"]):
                ACTS[action][1](row, form.cleaned_data, person(request))
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _show(request, row, failed={action: form})
    except Conflict as error:
        messages.error(request, error.message)
    else:
        asks = action in ASKABLE["suspense"] + ASKABLE["placed"]
        words = _("Asked for. It counts when somebody else has confirmed it.")
        messages.success(request, words if asks else _("Done. It stands in the record."))
    return redirect("bank_transfer_page", row.reference)


@require_POST
@allowed("confirm_money")
def bank_transfer_confirm(request: HttpRequest, reference: str) -> HttpResponse:
    row = access_transfer(reference)
    return _decided(request, row, access_step(row, request.POST.get("step", "")), agree=True)


@require_POST
@allowed("work")
def bank_transfer_refuse(request: HttpRequest, reference: str) -> HttpResponse:
    """By who may confirm it, or by who asked for it."""
    row = access_transfer(reference)
    form = NoteForm(request.POST, auto_id="refuse_%s")
    if not form.is_valid():
        return _show(request, row, refuse=form)
    step = access_step(row, request.POST.get("step", ""))
    if step.asked_by_id != person(request).pk and not may(request.user, "confirm_money"):
        raise Forbidden(_("Only who asked for it, or a supervisor, can turn it down."))
    return _decided(request, row, step, agree=False, note=form.cleaned_data["note"])


def _decided(
    request: HttpRequest, row: BankTransfer, step: TransferStep, *, agree: bool, note: str = ""
) -> HttpResponse:
    try:
        decide_step(step, by=person(request), agree=agree, note=note)
    except (Conflict, Forbidden, InvalidInput) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Done. It stands in the record."))
    return redirect("bank_transfer_page", row.reference)


def _form(action: str, request: HttpRequest, data: Any = None, **more: Any) -> OnceForm:
    return ACTS[action][0](data, auto_id=f"{action}_%s", user=person(request), **more)


def _show(
    request: HttpRequest,
    row: BankTransfer,
    *,
    failed: dict[str, OnceForm] | None = None,
    refuse: NoteForm | None = None,
) -> HttpResponse:
    failed = failed or {}
    steps = list(
        row.steps.select_related("account__debtor", "account__creditor", "asked_by", "decided_by").order_by("-pk")
    )
    question = next((step for step in steps if step.state == "asked"), None)
    offered = () if question else OFFERED.get(row.state, ())
    chosen = {"account": request.GET.get("account", "")}
    forms = {name: failed.get(name) or _form(name, request, initial=chosen) for name in offered}
    words, tone = STATES[row.state]
    own = question is not None and question.asked_by_id == person(request).pk
    unknown = row.state == "suspense" or (row.state == "recorded" and question and not question.account)
    context = {
        "row": row,
        "words": words,
        "tone": tone,
        "question": question,
        "over": _over(row, question),
        "steps": [(step, *STEP_STATES[step.state]) for step in steps],
        "forms": forms,
        "owning": {name: failed.get(name) or _form(name, request) for name in ("take", "assign")},
        "may_own": row.state in UNDECIDED,
        "own": own,
        "may_confirm": may(request.user, "confirm_money") and not own,
        "may_refuse": own or may(request.user, "confirm_money"),
        "refuse_form": refuse or NoteForm(auto_id="refuse_%s"),
        "suggested": suggestions(row, person(request)) if unknown else [],
        "chosen": chosen["account"],
        "full_names": may(request.user, "reveal"),
    }
    return render(request, "staff/bank_transfer.html", context, status=422 if failed or refuse else 200)


def _over(row: BankTransfer, question: TransferStep | None) -> Money | None:
    """What would be left over if this were agreed now."""
    account = question.account if question else None
    more = row.amount_minor - account.balance_minor if account else 0
    return Money(more, row.currency) if more > 0 else None
