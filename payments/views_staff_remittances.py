"""Remittances: the list, one with all its numbers, and what people decide about it. Creditors read their own."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.forms.tokens import OnceForm
from accounts.roles import allowed, may, person
from accounts.services import caller_of
from common.errors import InvalidInput, NotFound
from common.keyset import page_of
from common.money import Money
from common.once import use_token
from payments.forms_remittance import CancelForm, PaidForm
from payments.models import Remittance, RemittanceLine
from payments.remittance import approve, cancel, draft_due, mark_paid
from payments.remittance.access import access_remittance, lines_in, remittances_visible_to
from payments.remittance.documents import remittance_csv, remittance_pdf
from payments.remittance.locking import last_standing
from payments.remittance.words import STATES, TONES, notes_of, rate_words, sums_of

OPEN = ("draft", "approved")


@require_GET
@allowed("see_remittances")
def remittance_list(request: HttpRequest) -> HttpResponse:
    user = person(request)
    rows = remittances_visible_to(user)
    every = request.GET.get("show") == "all" or not user.is_staff_member
    chosen = rows if every else rows.filter(state__in=OPEN)
    page = page_of(chosen, order=("-last_day", "-id"), cursor=request.GET.get("cursor", ""))
    context = {
        "page": page,
        "rows": [(row, STATES[row.state], TONES[row.state]) for row in page.rows],
        "every": every,
        "count": rows.filter(state__in=OPEN).count(),
        "staff": user.is_staff_member,
        "may_decide": may(user, "confirm_money"),
        "may_configure": may(user, "configure"),
        "draft_form": OnceForm(),
    }
    return render(request, "staff/remittances.html", context)


@require_GET
@allowed("see_remittances")
def remittance_page(request: HttpRequest, reference: str) -> HttpResponse:
    return _show(request, access_remittance(person(request), reference))


@require_GET
@allowed("see_remittances")
def remittance_file(request: HttpRequest, reference: str, kind: str) -> HttpResponse:
    remittance = access_remittance(person(request), reference)
    if kind not in ("pdf", "csv"):
        raise NotFound(_("There is no such file."))
    made = remittance_pdf(remittance) if kind == "pdf" else remittance_csv(remittance)
    content_type = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}[kind]
    name = f"remittance-{remittance.reference}.{kind}"
    return HttpResponse(
        made, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@require_POST
@allowed("confirm_money")
def remittance_draft(request: HttpRequest) -> HttpResponse:
    count = draft_due(by=person(request))
    words = ngettext("One remittance was drafted.", "%(count)s remittances were drafted.", count) % {"count": count}
    messages.success(request, words if count else _("No period is over that is not drafted already."))
    return redirect("remittance_list")


@require_POST
@allowed("approve_remittances")
def remittance_approve(request: HttpRequest, reference: str) -> HttpResponse:
    remittance = access_remittance(person(request), reference)
    return _act(request, OnceForm(request.POST), remittance, lambda: approve(remittance, by=person(request)), "approve")


@require_POST
@allowed("pay_remittances")
def remittance_paid(request: HttpRequest, reference: str) -> HttpResponse:
    remittance = access_remittance(person(request), reference)
    form = PaidForm(request.POST, auto_id="paid_%s")
    if not form.is_valid():
        return _show(request, remittance, paid=form)
    given = form.cleaned_data["bank_reference"]
    return _act(
        request, form, remittance, lambda: mark_paid(remittance, by=person(request), bank_reference=given), "paid"
    )


@require_POST
@allowed("confirm_money")
def remittance_cancel(request: HttpRequest, reference: str) -> HttpResponse:
    remittance = access_remittance(person(request), reference)
    form = CancelForm(request.POST, auto_id="cancel_%s")
    if not form.is_valid():
        return _show(request, remittance, cancel=form)
    reason = form.cleaned_data["reason"]
    return _act(request, form, remittance, lambda: cancel(remittance, by=person(request), reason=reason), "cancel")


def _act(
    request: HttpRequest, form: OnceForm, remittance: Remittance, change: Callable[[], Remittance], name: str
) -> HttpResponse:
    """The same form again changes nothing."""
    try:
        with transaction.atomic():
            if use_token(caller_of(person(request)), request.POST.get("token", "")):
                change()
    except InvalidInput as error:
        form.add_error(error.field, error.message)
        return _show(request, remittance, **{name: form})
    messages.success(request, _("Done. It stands in the record."))
    return redirect("remittance_page", remittance.reference)


def _show(request: HttpRequest, remittance: Remittance, **forms: OnceForm) -> HttpResponse:
    user = person(request)
    show = request.GET.get("show", "")
    page = page_of(
        lines_in(remittance, show), order=("effective_at", "id"), cursor=request.GET.get("cursor", ""), size=50
    )
    last = last_standing(remittance.creditor_id, remittance.currency)
    decides = may(user, "confirm_money")
    approves, pays = may(user, "approve_remittances"), may(user, "pay_remittances")
    context = {
        "remittance": remittance,
        "words": STATES[remittance.state],
        "tone": TONES[remittance.state],
        "sums": sums_of(remittance),
        "notes": notes_of(remittance),
        "show": show,
        "page": page,
        "lines": [_line(row, remittance.currency) for row in page.rows],
        "approves": approves,
        "pays": pays,
        "may_approve": approves and remittance.state == "draft" and remittance.drafted_by_id != user.pk,
        "may_pay": pays and user.pk not in (remittance.approved_by_id, remittance.drafted_by_id),
        "may_cancel": decides and remittance.state in (*OPEN, "carried") and last is not None and last == remittance,
        "decides": decides,
        "staff": user.is_staff_member,
        "approve_form": OnceForm(auto_id="approve_%s"),
        "paid_form": forms.get("paid") or PaidForm(auto_id="paid_%s"),
        "cancel_form": forms.get("cancel") or CancelForm(auto_id="cancel_%s"),
    }
    return render(request, "staff/remittance.html", context, status=422 if forms else 200)


def _line(row: RemittanceLine, currency: str) -> dict[str, object]:
    return {
        "row": row,
        "amount": Money(row.amount_minor, currency),
        "commission": Money(row.commission_minor, currency),
        "terms": rate_words(row.terms, row.age_days or 0) if row.terms and row.kind != "fee" else "",
        "payment": row.posting.entry.data.get("payment", ""),
    }
