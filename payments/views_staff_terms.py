"""The terms with each creditor: what holds, what held before, and what is agreed for days to come."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Creditor
from accounts.roles import allowed, person
from accounts.selectors import creditors_visible_to
from accounts.services import caller_of
from common.clock import now
from common.errors import InvalidInput
from common.once import use_token
from payments.forms_remittance import TermsForm
from payments.models import CommissionTerms
from payments.remittance import set_terms
from payments.remittance.terms import in_force
from payments.remittance.words import commission_words


@require_GET
@allowed("configure")
def terms_list(request: HttpRequest) -> HttpResponse:
    creditors = creditors_visible_to(person(request)).prefetch_related("commission_terms").order_by("name", "pk")
    return render(request, "staff/terms.html", {"rows": [(creditor, _standing(creditor)) for creditor in creditors]})


@require_http_methods(["GET", "POST"])
@allowed("configure")
def terms_edit(request: HttpRequest, code: str) -> HttpResponse:
    creditor = get_object_or_404(creditors_visible_to(person(request)), code=code)
    form = TermsForm(request.POST or None, initial=_initial(creditor))
    if request.method == "POST" and form.is_valid() and _saved(request, creditor, form):
        messages.success(request, _("The terms are set. They hold for money that moves from that day on."))
        return redirect("terms_edit", creditor.code)
    context = {"creditor": creditor, "form": form, "history": _standing(creditor)}
    return render(request, "staff/terms_edit.html", context, status=422 if form.errors else 200)


def _saved(request: HttpRequest, creditor: Creditor, form: TermsForm) -> bool:
    given, by = form.cleaned_data, person(request)
    try:
        with transaction.atomic():
            if use_token(caller_of(by), given["token"]):
                set_terms(creditor, given["currency"], valid_from=given["valid_from"], by=by, **form.agreed())
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
    return not form.errors


def _standing(creditor: Creditor) -> list[tuple[CommissionTerms, str, bool]]:
    """Newest first: the terms, what they say, and whether they hold now."""
    rows = sorted(creditor.commission_terms.all(), key=lambda row: (row.valid_from, row.pk))
    held = [in_force([row for row in rows if row.currency == code], now()) for code in {row.currency for row in rows}]
    return [(row, commission_words(row), row in held) for row in reversed(rows)]


def _initial(creditor: Creditor) -> dict[str, object]:
    last = creditor.commission_terms.order_by("-valid_from", "-pk").first()
    names = ("currency", "basis", "rounding", "way", "cadence", "zone", "fees_passed_on", "direct_counts")
    return {name: getattr(last, name) for name in names} if last else {}
