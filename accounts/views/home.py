"""The first page after signing in: each role's own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from accounts.roles import allowed, may


@require_GET
@allowed("see_accounts")
def home(request: HttpRequest) -> HttpResponse:
    return redirect("dashboard" if may(request.user, "see_dashboard") else "work_list")
