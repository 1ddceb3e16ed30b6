"""The account page's panel about hard times."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.hardship.cases import last_case
from accounts.hardship.words import standing
from accounts.models import Account
from accounts.roles import ALLOWED, may
from common import panels
from common.navigation import NavItem
from common.navigation import register as register_entry


def hardship_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    if not may(request.user, "work"):
        return None
    case = last_case(account)
    return {
        "case": case,
        "standing": standing(case) if case else None,
        "account": account,
        "may_tell": may(request.user, "see_household"),
    }


def register() -> None:
    register_entry(NavItem(_("Hard times"), "hardship_list", "life-preserver", order=43, roles=ALLOWED["work"]))
    panels.register(
        panels.Panel(
            page="account",
            name="hardship",
            title=_("Hard times"),
            template="staff/panels/hardship.html",
            selector=hardship_panel,
            order=58,
            area="aside",
        )
    )
