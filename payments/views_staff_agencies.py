"""Staff pages of agencies, the limits at the end of the road, and a creditor's file of recalls."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.events import new_event, record_events
from accounts.models import Creditor
from accounts.roles import allowed, person
from accounts.selectors import creditors_visible_to
from common.clock import now, today
from common.errors import InvalidInput, NotFound
from common.export import write_csv
from payments.forms_moves import AgencyForm, EndRuleForm, RecallFileForm
from payments.models import AccountMove, Agency
from payments.moves.access import LIST_HEADER, access_agency, list_rows, with_agency
from payments.moves.files import recall_by_file
from payments.moves.limits import rule_for, set_rule


@require_http_methods(["GET", "POST"])
@allowed("decide_ends")
def agency_list(request: HttpRequest) -> HttpResponse:
    form = AgencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The agency can take accounts now."))
        return redirect("agency_list")
    has = Q(moves__state="done", moves__account__status="agency")
    rows = Agency.objects.annotate(
        has=Count("moves", filter=has), fresh=Count("moves", filter=has & Q(moves__listed_at=None))
    )
    return render(
        request,
        "staff/agencies.html",
        {"rows": rows.order_by("name"), "form": form},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@allowed("decide_ends")
def agency_edit(request: HttpRequest, agency_id: int) -> HttpResponse:
    agency = access_agency(agency_id)
    form = AgencyForm(request.POST or None, instance=agency)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Kept."))
        return redirect("agency_list")
    return render(
        request, "staff/agency_edit.html", {"form": form, "agency": agency}, status=422 if form.errors else 200
    )


@require_POST
@allowed("decide_ends")
def agency_file(request: HttpRequest, agency_id: int) -> HttpResponse:
    """What it needs to know of each account: of those not listed before, or of all it has. Who took it is on record."""
    agency = access_agency(agency_id)
    moves = with_agency(agency)
    if request.POST.get("what") != "all":
        moves = moves.filter(listed_at=None)
    file = io.StringIO(newline="")
    with transaction.atomic():
        found = list(moves.select_for_update(of=("self",)))
        write_csv(file, LIST_HEADER, list_rows(found))
        AccountMove.objects.filter(pk__in=[move.pk for move in found], listed_at=None).update(listed_at=now())
        seen: dict[str, Any] = {"actor": person(request), "source": "staff", "fields": ["contacts"]}
        seen["agency"] = agency.name
        record_events([new_event("personal_data.seen", account=move.account, **seen) for move in found])
    name = f"{agency.name}-{today().isoformat()}.csv"
    headers = {"Content-Disposition": content_disposition_header(True, name) or ""}
    return HttpResponse(file.getvalue().encode(), content_type="text/csv; charset=utf-8", headers=headers)


@require_GET
@allowed("set_end_rules")
def end_rule_list(request: HttpRequest) -> HttpResponse:
    creditors = creditors_visible_to(person(request)).order_by("name")
    rows = [(None, rule_for(None)), *((creditor, rule_for(creditor)) for creditor in creditors)]
    return render(request, "staff/end_rules.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@allowed("set_end_rules")
def end_rule_edit(request: HttpRequest, code: str) -> HttpResponse:
    """`code` "house": what holds where a creditor has nothing of its own."""
    creditor = None if code == "house" else _creditor(request, code)
    rule = rule_for(creditor)
    first = {name: getattr(rule, name) for name in EndRuleForm.Meta.fields}
    form = EndRuleForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        set_rule(creditor, by=person(request), **form.cleaned_data)
        messages.success(request, _("Kept."))
        return redirect("end_rule_list")
    return render(
        request, "staff/end_rule_edit.html", {"form": form, "creditor": creditor}, status=422 if form.errors else 200
    )


def _creditor(request: HttpRequest, code: str) -> Creditor:
    row = creditors_visible_to(person(request)).filter(code=code).first()
    if row is None:
        raise NotFound(_("There is no such creditor."))
    return row


@require_http_methods(["GET", "POST"])
@allowed("recall")
def recall_file(request: HttpRequest) -> HttpResponse:
    """Check first, then recall: the same file is sent with the second button."""
    form = RecallFileForm(request.POST or None, request.FILES or None, creditors=creditors_visible_to(person(request)))
    context: dict[str, Any] = {"form": form, "report": None}
    if request.method == "POST" and form.is_valid():
        try:
            context["report"] = recall_by_file(
                form.cleaned_data["creditor"],
                form.cleaned_data["file"],
                by=person(request),
                dry=request.POST.get("do") != "recall",
            )
        except InvalidInput as error:
            form.add_error("file", error.message)
    return render(request, "staff/recall_file.html", context, status=422 if form.errors else 200)
