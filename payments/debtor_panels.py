"""The debtor's page as a table of contents: other apps register panels under `PAGE`, with a `Visit` as subject."""

from __future__ import annotations

from django.http import HttpRequest

from common import panels
from payments.debtor_identity import may_see_details
from payments.services.links import find_link
from payments.views_debtor.doors import Visit

PAGE = "debtor_pay"
MESSAGES, PREFERENCES, PAID = "messages", "preferences", "paid"


def access_visit(request: HttpRequest, token: str) -> Visit:
    """The door for one panel alone; an unusable link is refused like anywhere else."""
    link = find_link(token)
    return Visit(link, token, may_see_details(request, link))


def register_page() -> None:
    panels.register_page(PAGE, access=access_visit)
