"""The account page's panel about disputes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.roles import may
from common import panels
from payments.disputes import words
from payments.disputes.access import disputes_of
from payments.disputes.validation import needs_notice

SHOWN = 3


def dispute_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    if not may(request.user, "work"):
        return None
    found = list(disputes_of(account)[:SHOWN])
    rows = [{"dispute": row, "standing": words.standing(row)} for row in found]
    return {
        "rows": rows,
        "account": account,
        "running": any(row.is_running for row in found),
        "validation": needs_notice(account),
    }


def register_all() -> None:
    words.register_all()
    panels.register(
        panels.Panel(
            page="account", name="disputes", title=_("Disputes"), template="staff/panels/disputes.html",
            selector=dispute_panel, order=57, area="aside",
        )
    )  # fmt: skip
