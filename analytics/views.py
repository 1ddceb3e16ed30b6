"""The dashboard, and the account list its numbers open."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.events import record_event
from accounts.masking import masked_name
from accounts.models import Account, Creditor
from accounts.roles import allowed, may, person
from accounts.selectors import accounts_visible_to, creditors_visible_to
from accounts.work_list import totals
from analytics import dashboard as numbers
from analytics.account_filters import AccountFilters
from common.clock import today
from common.errors import InvalidInput
from common.export import write_csv
from common.keyset import page_of

MOST_EXPORTED = 10_000
CSV_HEADER = (
    "reference", "creditor", "creditor_reference", "name", "product", "status", "due_date", "currency", "balance",
)  # fmt: skip


def chosen_creditor(request: HttpRequest) -> Creditor | None:
    """The creditor in the address, if this person may see it; a creditor's own people have theirs and no choice."""
    mine = creditors_visible_to(person(request))
    asked = request.GET.get("creditor", "")
    return mine.filter(pk=int(asked)).first() if asked.isdigit() else None


@require_GET
@allowed("see_dashboard")
def dashboard(request: HttpRequest) -> HttpResponse:
    user = person(request)
    scope = numbers.Scope(user, chosen_creditor(request))
    collected = numbers.collected(scope)
    context = {
        "scope": scope,
        "creditors": scope.creditors.order_by("name"),
        "collected": collected,
        "by_day": numbers.by_day(scope, collected[0].currency) if collected else [],
        "currency": collected[0].currency if collected else "",
        "ageing": _bars(numbers.ageing(scope), "accent"),
        "funnel": _bars(numbers.funnel(scope), "fill"),
        "promises": numbers.promises(scope),
        "work": numbers.open_work(scope),
        "messages_week": numbers.message_numbers(scope) if may(user, "see_messages") else [],
        "today": today(),
    }
    return render(request, "staff/dashboard.html", context)


def _bars(found: list[numbers.Number], tone: str) -> list[dict[str, Any]]:
    return [
        {"label": number.label, "value": number.value, "text": f"{number.value:,}", "href": number.href, "tone": tone}
        for number in found
    ]


def filtered(request: HttpRequest) -> tuple[AccountFilters, QuerySet[Account]]:
    creditors = creditors_visible_to(person(request)).order_by("name")
    filters = AccountFilters(request.GET, creditors=creditors)
    return filters, filters.apply(accounts_visible_to(person(request)))


@require_GET
@allowed("see_accounts")
def account_list(request: HttpRequest) -> HttpResponse:
    filters, rows = filtered(request)
    count, owed = totals(rows)
    page = page_of(
        rows.select_related("debtor", "creditor"), order=("due_date", "id"), cursor=request.GET.get("cursor", "")
    )
    context = {
        "filters": filters,
        "page": page,
        "count": count,
        "owed": owed,
        "full_names": may(request.user, "reveal"),
    }
    return render(request, "staff/accounts.html", context)


@require_GET
@allowed("see_accounts")
def account_export(request: HttpRequest) -> HttpResponse:
    """The list as filtered, as a CSV that no spreadsheet runs. Who took it, and how much, is on the record."""
    _filters, rows = filtered(request)
    count = rows.count()
    if count > MOST_EXPORTED:
        raise InvalidInput(_("A file holds up to 10,000 accounts. Narrow the list with filters first."))
    file = io.StringIO(newline="")
    names = may(request.user, "reveal")
    write_csv(file, CSV_HEADER, _cells(rows.select_related("debtor", "creditor").order_by("due_date", "id"), names))
    user = person(request)
    record_event("accounts.exported", creditor=user.creditor, actor=user, source="staff", count=count)
    response = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="accounts-{today()}.csv"'
    return response


def _cells(rows: QuerySet[Account], names: bool) -> Iterator[list[object]]:
    for row in rows.iterator(chunk_size=2000):
        name = row.debtor.name
        yield [
            row.reference,
            row.creditor.name,
            row.creditor_reference,
            name if names else masked_name(name),
            row.product,
            row.status,
            row.due_date.isoformat(),
            row.currency,
            row.balance.to_decimal_string(),
        ]
