"""Views that belong to no app: refusals as pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.errors import PlatformError


def render_error(request: HttpRequest, error: PlatformError) -> HttpResponse:
    return render(request, "errors/refusal.html", {"error": error}, status=error.status)
