"""The search page: grouped results, and straight to the account when only one can be meant."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.roles import allowed, may, person
from accounts.search import search as find


@require_GET
@allowed("see_accounts")
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    found = find(person(request), text)
    if found.only:
        return redirect("account_page", found.only.reference)
    context = {"text": text, "groups": found.groups, "full_names": may(request.user, "reveal")}
    return render(request, "staff/search.html", context)
