"""The panels of the account page that the account itself can fill: contact details and the creditor's history."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.masking import masked_contact
from accounts.models import Account, AccountHistory, ContactPoint
from accounts.revealing import may_see_contacts
from accounts.roles import may, person
from accounts.selectors import access_account
from common import panels
from common.errors import Forbidden
from common.money import Money
from common.once import new_form_token
from common.templatetags.formats import reader

CHART = {"width": 360, "height": 120, "foot": 100}


def access(request: HttpRequest, reference: str) -> Account:
    if not may(request.user, "see_accounts"):
        raise Forbidden(_("Sign in to see accounts."))
    return access_account(person(request), reference)


def contact_rows(request: HttpRequest, account: Account) -> list[dict[str, Any]]:
    revealed = may_see_contacts(request, account)
    points = ContactPoint.objects.filter(debtor_id=account.debtor_id).order_by("kind", "position", "pk")
    return [{"point": point, "text": point.value if revealed else masked_contact(point)} for point in points]


def contacts_panel(request: HttpRequest, account: Account) -> dict[str, Any]:
    return {
        "contacts": contact_rows(request, account),
        "debtor": account.debtor,
        "revealed": may_see_contacts(request, account),
        "may_reveal": may(request.user, "reveal"),
        "token": new_form_token(),
    }


def _month(first: date, back: int) -> date:
    months = first.year * 12 + first.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def history_bars(history: AccountHistory, currency: str) -> list[dict[str, Any]]:
    """Billed and paid side by side, oldest month first, as rectangles of a fixed view box."""
    pairs = list(zip(history.billed_minor, history.paid_minor, strict=True))[::-1]
    top = max((value or 0 for pair in pairs for value in pair), default=0) or 1
    slot = CHART["width"] // max(len(pairs), 1)
    rows = []
    for index, (billed, paid) in enumerate(pairs):
        month = _month(history.newest_month, len(pairs) - 1 - index)
        rows.append(
            {
                "x": index * slot + slot // 6,
                "middle": index * slot + slot // 2,
                "wide": slot // 3,
                "billed_high": max(billed or 0, 0) * CHART["foot"] // top,
                "paid_high": max(paid or 0, 0) * CHART["foot"] // top,
                "month": format_date(month, "MMM", locale=reader()),
                "full_month": format_date(month, "MMMM y", locale=reader()),
                "billed": Money(billed or 0, currency),
                "paid": Money(paid or 0, currency),
            }
        )
    return rows


def history_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    history = AccountHistory.objects.filter(account=account).first()
    if history is None or not history.billed_minor:
        return None
    rows = history_bars(history, account.currency)
    for row in rows:
        row["billed_y"] = CHART["foot"] - row["billed_high"]
        row["paid_x"], row["paid_y"] = row["x"] + row["wide"], CHART["foot"] - row["paid_high"]
    return {"months": rows, "chart": CHART}


def register() -> None:
    panels.register_page("account", access=access)
    panels.register(
        panels.Panel(
            page="account",
            name="contacts",
            title=gettext_lazy("Person"),
            template="staff/panels/contacts.html",
            selector=contacts_panel,
            order=20,
            area="aside",
        )
    )
    panels.register(
        panels.Panel(
            page="account",
            name="history",
            title=gettext_lazy("Billed and paid before placement"),
            template="staff/panels/history.html",
            selector=history_panel,
            order=60,
            area="below",
        )
    )
