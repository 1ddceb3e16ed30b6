"""Wallets that are paid by scanning: the code as a picture inside the page."""

from __future__ import annotations

import segno
from django.http import HttpRequest, HttpResponse

from payments.services import StartedPayment
from payments.views_debtor.doors import Visit, show


def show_code(request: HttpRequest, visit: Visit, started: StartedPayment) -> HttpResponse:
    action = started.action
    payload = (action.payload or action.url) if action else ""
    context = {
        "payment": started.payment,
        "payload": payload,
        "picture": segno.make(payload, error="m").svg_data_uri(scale=5, border=2),
    }
    return show(request, visit, "code", context)
