"""The work list and its "next account" button."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from accounts import work_list as lists
from accounts.forms.work import AGE_BANDS, WorkFilters
from accounts.models import Creditor, WorkItem
from accounts.models.creditors import HOUSE
from accounts.roles import allowed, may, person
from accounts.work_leases import take_next
from common.clock import real_now, today


def filtered(request: HttpRequest, form: WorkFilters) -> QuerySet[WorkItem]:
    rows = lists.items_of(person(request))
    chosen = form.cleaned_data if form.is_valid() else {}
    if creditor := chosen.get("creditor"):
        rows = rows.filter(creditor=creditor)
    if product := chosen.get("product"):
        rows = rows.filter(product=product)
    if age := chosen.get("age"):
        rows = rows.filter(age_band(age))
    if chosen.get("assigned") == "me":
        return rows.filter(assigned_to=person(request))
    return rows.filter(assigned_to=None) if chosen.get("assigned") == "nobody" else rows


def age_band(name: str) -> Q:
    youngest, oldest = dict(AGE_BANDS)[name]
    band = Q(due_date__lte=today() - timedelta(days=youngest))
    return band if oldest is None else band & Q(due_date__gte=today() - timedelta(days=oldest))


def filters_of(request: HttpRequest) -> WorkFilters:
    return WorkFilters(request.GET, creditors=Creditor.objects.exclude(code=HOUSE).order_by("name"))


@require_GET
@allowed("work")
def work_list(request: HttpRequest) -> HttpResponse:
    form = filters_of(request)
    rows = filtered(request, form)
    which = request.GET.get("show", "work")
    which = which if which in lists.LISTS else "work"
    key = urlencode({name: request.GET.get(name, "") for name in form.fields} | {"by": person(request).pk})
    found = lists.summary(rows, which, key=key)
    context = {
        "form": form,
        "page": lists.work_page(rows.filter(lists.in_list(which)), cursor=request.GET.get("cursor", "")),
        "tabs": _tabs(request, which, found.counts),
        "which": which,
        "total": found.counts[which],
        "owed": found.owed,
        "now": real_now(),
        "today": today(),
        "may_see_dashboard": may(request.user, "see_dashboard"),
        "filters_set": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "staff/work_list.html", context)


def _tabs(request: HttpRequest, which: str, counts: dict[str, int]) -> list[dict[str, object]]:
    labels = {
        "work": _("To work"),
        "overdue": pgettext("work", "Overdue"),
        "today": _("Today"),
        "later": pgettext("work", "Later"),
        "hold": _("On hold"),
    }
    kept = {name: value for name, value in request.GET.items() if name not in ("show", "cursor") and value}
    return [
        {
            "label": labels[name],
            "url": f"?{urlencode(kept | {'show': name})}",
            "current": name == which,
            "count": counts[name],
        }
        for name in lists.LISTS
    ]


@require_POST
@allowed("work")
def work_next(request: HttpRequest) -> HttpResponse:
    """Hand over the first free account of the list as filtered, for ten minutes. Pressing twice moves one further."""
    account = take_next(person(request), filtered(request, filters_of(request)))
    if account is None:
        messages.info(request, _("Nothing is left in this list that somebody is not working on or has just seen."))
        return redirect("work_list")
    return redirect("account_page", account.reference)
