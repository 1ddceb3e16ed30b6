"""Staff pages about money paid beyond the debt: where it waits, and the ways to settle it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Account
from accounts.roles import allowed, may, person
from accounts.selectors import access_account
from common.errors import InvalidInput
from common.money import Money
from payments.forms_refunds import KeepForm, MoveForm, NoteForm
from payments.models import Payment, SurplusDecision
from payments.refund_access import access_decision, other_accounts, surpluses_visible_to
from payments.refund_words import SURPLUS_STATES
from payments.refunds import RefundRefused, choices_of, decide_move, free_surplus, keep_as_credit, request_move

MOST_PAYMENTS = 10


@require_GET
@allowed("work")
def surplus_list(request: HttpRequest) -> HttpResponse:
    waiting = surpluses_visible_to(person(request))
    kept = {
        row.account_id: row
        for row in SurplusDecision.objects.filter(account__in=[account.pk for account, _minor in waiting])
        .select_related("requested_by", "to_account")
        .order_by("pk")
    }
    context = {
        "rows": [_row(account, minor, kept.get(account.pk)) for account, minor in waiting],
        "full_names": may(request.user, "reveal"),
    }
    return render(request, "staff/surpluses.html", context)


def _row(account: Account, minor: int, decision: SurplusDecision | None) -> dict[str, Any]:
    asked = decision and decision.state == "requested"
    credit = decision and decision.state == "done" and not decision.to_account_id
    words, tone = (_("waits for a decision"), "warn")
    if minor < 0:
        words, tone = _("missing: it went twice"), "bad"
    elif asked:
        words, tone = _("waits for a second person"), "info"
    elif credit:
        words, tone = _("kept as credit"), "quiet"
    return {"account": account, "amount": Money(minor, account.currency), "words": words, "tone": tone}


@require_http_methods(["GET", "POST"])
@allowed("work")
def surplus_page(request: HttpRequest, reference: str) -> HttpResponse:
    account = access_account(person(request), reference)
    free, others = free_surplus(account), other_accounts(account)
    asked = request.POST.get("use", "")
    move = MoveForm(request.POST if asked == "move" else None, free=free, others=others)
    keep = KeepForm(request.POST if asked == "keep" else None)
    if request.method == "POST" and _asked_for(request, account, move if asked == "move" else keep):
        return redirect("surplus_page", account.reference)
    decisions = SurplusDecision.objects.filter(account=account).order_by("-pk")
    context = {
        "account": account,
        "free": free,
        "others": others.exists(),
        "move_form": move,
        "keep_form": keep,
        "refundable": _refundable(account),
        "decisions": [
            (row, SURPLUS_STATES[row.state]) for row in decisions.select_related("to_account", "requested_by")
        ],
        "note_form": NoteForm(),
        "me": person(request).pk,
        "may_decide": may(request.user, "approve_refunds"),
        "full_names": may(request.user, "reveal"),
    }
    return render(request, "staff/surplus.html", context, status=422 if move.errors or keep.errors else 200)


def _asked_for(request: HttpRequest, account: Account, form: MoveForm | KeepForm) -> bool:
    if not form.is_valid():
        return False
    use = request_move if isinstance(form, MoveForm) else keep_as_credit
    try:
        use(account, by=person(request), **form.cleaned_data)
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return False
    messages.success(request, _("Done. It stands in the record."))
    return True


def _refundable(account: Account) -> list[tuple[Payment, Money]]:
    """Payments of which a surplus can be given back."""
    found = []
    for payment in Payment.objects.filter(account=account, state="succeeded").order_by("-pk")[:MOST_PAYMENTS]:
        try:
            choice = choices_of(payment)
        except RefundRefused:
            continue
        if choice.surplus.minor > 0:
            found.append((payment, choice.surplus))
    return found


@require_POST
@allowed("approve_refunds")
def surplus_decide(request: HttpRequest, reference: str) -> HttpResponse:
    row = access_decision(person(request), reference)
    agree = request.POST.get("answer") == "yes"
    decide_move(row, by=person(request), agree=agree, note=request.POST.get("note", ""))
    messages.success(request, _("Done. It stands in the record."))
    return redirect("surplus_page", row.account.reference)
