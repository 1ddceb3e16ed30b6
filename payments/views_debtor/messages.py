"""Messages: what we wrote and what they wrote, both shown by the app that owns messages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from payments.views_debtor.doors import Visit, debtor_page, show


@debtor_page
def messages(request: HttpRequest, visit: Visit) -> HttpResponse:
    return show(request, visit, "messages")
