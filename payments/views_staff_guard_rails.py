"""Guard-rails of repayment plans: what counts, what was asked for, and the second person's answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import allowed, person
from common.clock import today
from common.errors import Conflict, Forbidden, InvalidInput
from common.ids import row_id_of
from payments.forms_guard_rails import GuardRailForm
from payments.forms_refunds import NoteForm
from payments.guard_rail_changes import BOUNDS, access_rail, ask_for_rail, decide_rail, in_force, to_come
from payments.guard_rails import House
from payments.models import PlanRail

SHOWN_DECIDED = 10


@require_http_methods(["GET", "POST"])
@allowed("confirm_money")
def guard_rails(request: HttpRequest) -> HttpResponse:
    form = GuardRailForm(request.POST or None, initial=_first(request.GET.get("change", "")))
    if request.method == "POST" and form.is_valid() and _asked(request, form):
        return redirect("guard_rails")
    rows = PlanRail.objects.select_related("creditor", "requested_by", "decided_by").order_by("-pk")
    context = {
        "form": form,
        "now": [_row(row) for row in in_force()],
        "later": [_row(row) for row in to_come()],
        "waiting": [
            _row(row) | {"own": row.requested_by_id == person(request).pk, "note": NoteForm(auto_id=f"no_{row.pk}_%s")}
            for row in rows.filter(state="requested")
        ],
        "decided": [_row(row) for row in rows.exclude(state="requested")[:SHOWN_DECIDED]],
    }
    return render(request, "staff/guard_rails.html", context, status=422 if form.errors else 200)


def _asked(request: HttpRequest, form: GuardRailForm) -> bool:
    said = form.cleaned_data
    try:
        asked = ask_for_rail(
            form.scope,
            form.bounds,
            first_day=said["effective_from"],
            reason=said["reason"],
            by=person(request),
            ends=said["ends"],
            token=said["token"],
        )
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return False
    if asked:
        messages.success(request, _("Asked for. Nothing changes for anybody until a second person agrees."))
    return True


@require_POST
@allowed("confirm_money")
def guard_rail_decide(request: HttpRequest, reference: str) -> HttpResponse:
    agree = request.POST.get("answer") == "yes"
    try:
        decide_rail(access_rail(reference), by=person(request), agree=agree, note=request.POST.get("note", ""))
        messages.success(request, _("Agreed. It counts from its first day on.") if agree else _("Turned down."))
    except (Conflict, Forbidden, InvalidInput) as error:
        messages.error(request, error.message)
    return redirect("guard_rails")


def _row(row: PlanRail) -> dict[str, Any]:
    return {"rail": row, "percent": _percent(row.down_basis_points)}


def _percent(basis_points: int) -> Decimal:
    return Decimal(basis_points).scaleb(-2)


def _first(change: str) -> dict[str, Any]:
    """What the form begins with: the version that is to be followed by another, else what the house offers."""
    row = PlanRail.objects.filter(pk=row_id_of(change) or 0).first() if change else None
    source: Any = row or House()
    values = {name: getattr(source, name, PlanRail.Beyond.SUPERVISOR) for name in BOUNDS}
    scope = {name: getattr(row, name) for name in ("creditor", "currency", "from_units")} if row else {"from_units": 0}
    day = {"effective_from": today(), "down_basis_points": _percent(source.down_basis_points)}
    return values | scope | day
