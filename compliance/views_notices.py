"""Notices that others give: for one account, for a whole placement, confirmed by a second person, taken back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms.tokens import OnceForm
from accounts.models import Account, Portfolio
from accounts.roles import allowed, may, person
from accounts.selectors import access_account
from common.errors import InvalidInput, NotFound
from common.keyset import page_of
from compliance.forms_notices import NoticeFilters, NoticeForm, PlacementForm, ReasonForm
from compliance.given_notices import Covered, confirm_notice, coverage, record_notice, take_back_notice
from compliance.models import GivenNotice
from compliance.notice_documents import content_of
from compliance.notices_asked import asked_about, asked_of_placement, notices, notices_about
from compliance.told.names import named


def _row(notice: GivenNotice) -> dict[str, Any]:
    correction = getattr(notice, "correction", None)
    state = "taken_back" if correction else "confirmed" if notice.confirmed_at else "waiting"
    return {"notice": notice, "words": named(notice.kind), "state": state, "correction": correction}


@require_GET
@allowed("see_decisions")
def notice_list(request: HttpRequest) -> HttpResponse:
    filters = NoticeFilters(request.GET)
    page = page_of(filters.apply(notices()), order=("-id",), cursor=request.GET.get("cursor", ""))
    context = {
        "filters": filters,
        "page": page,
        "rows": [_row(notice) for notice in page.rows],
        "may_confirm": may(request.user, "confirm_notices"),
    }
    return render(request, "staff/given_notices/list.html", context)


@require_http_methods(["GET", "POST"])
@allowed("work")
def notice_account(request: HttpRequest, reference: str) -> HttpResponse:
    account = access_account(person(request), reference)
    asked = asked_about(account)
    form = NoticeForm(request.POST or None, request.FILES or None, asked=asked, given_by=account.creditor.name)
    if request.method == "POST" and _recorded(request, account, form):
        return redirect("given_notice_account", account.reference)
    context = {
        "account": account,
        "asked": asked,
        "rows": [_row(notice) for notice in notices_about(account)],
        "form": form,
        "may_confirm": may(request.user, "confirm_notices"),
    }
    return render(request, "staff/given_notices/account.html", context, status=422 if form.errors else 200)


def _recorded(request: HttpRequest, about: Account | Portfolio, form: NoticeForm) -> bool:
    if not form.is_valid():
        return False
    try:
        record_notice(about, form.told(), by=person(request), token=form.cleaned_data["token"])
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return False
    messages.success(request, _("Recorded. It counts once a second person has confirmed it."))
    return True


@require_http_methods(["GET", "POST"])
@allowed("confirm_notices")
def notice_placement(request: HttpRequest) -> HttpResponse:
    """First which placement, then the dry run for each notice it may need, then the record."""
    chosen = PlacementForm(request.GET or None)
    context: dict[str, Any] = {"chosen": chosen}
    status = 200
    if chosen.is_bound and chosen.is_valid():
        portfolio = chosen.cleaned_data["portfolio"]
        asked = asked_of_placement(portfolio)
        form = NoticeForm(request.POST or None, request.FILES or None, asked=asked, given_by=portfolio.creditor.name)
        if request.method == "POST" and _recorded(request, portfolio, form):
            return redirect("given_notice_list")
        status = 422 if form.errors else 200
        context |= {
            "portfolio": portfolio,
            "form": form,
            "asked": asked,
            "dry": [(one, coverage(portfolio, one.kind)) for one in asked],
        }
    return render(request, "staff/given_notices/placement.html", context, status=status)


def _found(notice_id: int) -> GivenNotice:
    notice = notices().filter(pk=notice_id).first()
    if notice is None:
        raise NotFound(_("There is no such notice."))
    return notice


@require_http_methods(["GET", "POST"])
@allowed("confirm_notices")
def notice_confirm(request: HttpRequest, notice_id: int) -> HttpResponse:
    notice = _found(notice_id)
    form = OnceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        confirm_notice(notice, by=person(request), token=form.cleaned_data["token"])
        messages.success(request, _("Confirmed. The rules see it from now on."))
        return _back_to(notice)
    covered = coverage(notice.portfolio, notice.kind) if notice.portfolio else None
    context = {
        "row": _row(notice),
        **_row(notice),
        "form": form,
        "effects": _effects(covered),
        "own": notice.recorded_by_id == person(request).pk,
    }
    return render(request, "staff/given_notices/confirm.html", context)


def _effects(covered: Covered | None) -> list[str]:
    said = [
        _("From that moment the rules that ask for this notice are satisfied, and messages that waited for it may go."),
        _("You say that you have seen the evidence. Your name stays with it."),
    ]
    if covered is None:
        return said
    counted = ngettext("%(n)s account gets its line.", "%(n)s accounts get their line.", covered.new)
    return [
        counted % {"n": covered.new},
        _("%(n)s of them are open; of the whole placement %(had)s have it already.")
        % {"n": covered.open_ones, "had": covered.had},
        *said,
    ]


@require_http_methods(["GET", "POST"])
@allowed("confirm_notices")
def notice_take_back(request: HttpRequest, notice_id: int) -> HttpResponse:
    notice = _found(notice_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        take_back_notice(notice, by=person(request), **form.cleaned_data)
        messages.success(request, _("Taken back. What the rules ask for is missing again."))
        return _back_to(notice)
    effects = [
        _("The rules miss this notice again at once: what waits for it stands still."),
        _("What was recorded, by whom and why it was taken back stays on the record."),
    ]
    context = {"row": _row(notice), **_row(notice), "form": form, "effects": effects}
    return render(request, "staff/given_notices/take_back.html", context, status=422 if form.errors else 200)


def _back_to(notice: GivenNotice) -> HttpResponse:
    if notice.account is not None:
        return redirect("given_notice_account", notice.account.reference)
    return redirect("given_notice_list")


@require_GET
@allowed("work")
def notice_document(request: HttpRequest, notice_id: int) -> HttpResponse:
    """To save, never to show: whatever is in it, it does not run as a page of ours."""
    document = _found(notice_id).document
    if document is None:
        raise NotFound(_("No document was uploaded with it."))
    headers = {
        "Content-Disposition": content_disposition_header(True, document.name) or "attachment",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return HttpResponse(content_of(document), content_type="application/octet-stream", headers=headers)
