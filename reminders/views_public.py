"""For whoever doubts a message of ours and does not want to open its link."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.company import company_name


@require_safe
def real(request: HttpRequest) -> HttpResponse:
    context = {
        "agency_name": company_name(),
        "agency_email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "address": f"{settings.PUBLIC_URL}/",
    }
    return render(request, "reminders/real.html", context)
