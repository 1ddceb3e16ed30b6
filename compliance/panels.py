"""The account page's panel of decisions."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.roles import may
from common import panels
from compliance.notices_asked import asked_about
from compliance.selectors import decisions_of
from compliance.views_decisions import decision_row

SHOWN = 5


def decisions_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    if not may(request.user, "see_decisions"):
        return None
    rows = [decision_row(decision) for decision in decisions_of(account)[:SHOWN]]
    return {"rows": rows, "account": account}


def notices_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    """Only where a pack holds contact back for want of a notice, and somebody may do something about it."""
    if not may(request.user, "work"):
        return None
    asked = [one for one in asked_about(account) if one.about_contact]
    return {"asked": asked, "account": account} if asked else None


def register() -> None:
    panels.register(
        panels.Panel(
            page="account",
            name="notices",
            title=_("Notices given by others"),
            template="staff/panels/notices.html",
            selector=notices_panel,
            order=15,
            area="aside",
        )
    )
    panels.register(
        panels.Panel(
            page="account",
            name="decisions",
            title=_("Decisions about contact and debits"),
            template="staff/panels/decisions.html",
            selector=decisions_panel,
            order=55,
            area="below",
        )
    )
