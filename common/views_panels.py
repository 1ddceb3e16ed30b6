"""One panel of a page, fetched alone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from common import panels


@require_GET
def panel(request: HttpRequest, page: str, name: str, reference: str) -> HttpResponse:
    subject = panels.subject_of(request, page, reference)
    return HttpResponse(panels.render(panels.get(page, name), request, subject))
