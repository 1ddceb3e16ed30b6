"""The inbox of what waits for a second person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.approvals import waiting_for
from accounts.roles import allowed, person


@require_GET
@allowed("assign")
def approval_list(request: HttpRequest) -> HttpResponse:
    return render(request, "staff/approvals.html", {"rows": waiting_for(person(request))})
