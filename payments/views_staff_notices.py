"""The operators' list of wallet notices: what the machine left to people, with words on what to do."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import allowed, person
from common.keyset import page_of
from payments.notices_for_people import advice_on, mark_notice_seen, notices_for_people


@require_GET
@allowed("confirm_money")
def notice_list(request: HttpRequest) -> HttpResponse:
    every = request.GET.get("show") == "all"
    page = page_of(notices_for_people(every=every), order=("-id",), cursor=request.GET.get("cursor", ""))
    context = {
        "page": page,
        "rows": [(event, advice_on(event)) for event in page.rows],
        "every": every,
        "count": notices_for_people().count(),
    }
    return render(request, "staff/notices.html", context)


@require_POST
@allowed("confirm_money")
def notice_seen(request: HttpRequest, event_id: int) -> HttpResponse:
    if mark_notice_seen(event_id, by=person(request)):
        messages.success(request, _("Marked as dealt with."))
    return redirect("notice_list")
