"""The phone a wallet asks on: the number on file only after the light question, or one typed now."""

from __future__ import annotations

from django.http import HttpRequest

from payments.debtor_identity import asks_identity
from payments.forms_debtor import PhoneForm
from payments.views_debtor.doors import Visit


def phone_form(request: HttpRequest, visit: Visit) -> PhoneForm:
    """The number on file is offered, masked, only to who has answered the light question."""
    own = asks_identity(visit.link) and visit.identified
    points = visit.account.debtor.contact_points.filter(kind="phone").exclude(condition="invalid")
    on_file = points.order_by("position", "created_at").first() if own else None
    asked = request.method == "POST" and {"phone", "which"} & set(request.POST)
    return PhoneForm(request.POST if asked else None, country=visit.account.debtor.country, on_file=on_file)
