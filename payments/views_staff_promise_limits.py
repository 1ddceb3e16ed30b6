"""The limits under which promises to pay are taken: those of the house and of single creditors."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Creditor
from accounts.roles import allowed, person
from payments.forms_promise_limits import PromiseLimitsForm
from payments.models import PromiseRule
from payments.promises.rules import LIMITS, rule_for, set_rule


@require_http_methods(["GET", "POST"])
@allowed("confirm_money")
def promise_limits(request: HttpRequest) -> HttpResponse:
    """The same form again changes nothing more."""
    form = PromiseLimitsForm(request.POST or None, initial=_first(request.GET.get("change", "")))
    if request.method == "POST" and form.is_valid():
        limits = {name: form.cleaned_data[name] for name in LIMITS}
        set_rule(form.cleaned_data["creditor"], by=person(request), **limits)
        messages.success(request, _("Saved. Promises taken before keep what they were taken with."))
        return redirect("promise_limits")
    own = PromiseRule.objects.exclude(creditor=None).select_related("creditor", "changed_by").order_by("creditor__name")
    rows = [rule_for(None), *own]
    shown = [{"rule": row, "percent": _percent(row)} for row in rows]
    return render(
        request, "staff/promise_limits.html", {"form": form, "rows": shown}, status=422 if form.errors else 200
    )


def _first(change: str) -> dict[str, Any]:
    """What the form begins with: the limits that hold for this creditor now, else those for everybody else."""
    creditor = Creditor.objects.filter(pk=int(change)).first() if change.isdigit() else None
    rule = rule_for(creditor)
    values = {name: getattr(rule, name) for name in LIMITS}
    return values | {"creditor": creditor, "tolerance_basis_points": _percent(rule)}


def _percent(rule: PromiseRule) -> Decimal:
    return Decimal(rule.tolerance_basis_points).scaleb(-2)
