"""A link that does not work any more: a calm page that tells nothing about anyone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.errors import PlatformError


def link_problem(request: HttpRequest, token: str, error: PlatformError) -> HttpResponse:
    return render(request, "debtor/link_problem.html", {"error": error, "token": token[:200]}, status=error.status)
