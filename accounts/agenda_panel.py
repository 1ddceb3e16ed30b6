"""The agenda on the account page: looked at again every few seconds, so that a change anywhere shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.agenda import agenda, register_own
from accounts.models import Account
from accounts.roles import may
from common import panels

AGAIN_SECONDS = 10


def agenda_panel(request: HttpRequest, account: Account) -> dict[str, Any]:
    """Everything for our own people; a creditor's see what the debtor is told."""
    staff = may(request.user, "work")
    return {
        "steps": agenda(account, staff=staff),
        "staff": staff,
        "account": account,
        "zone": account.debtor.time_zone,
        "again_url": reverse("panel", args=["account", "agenda", account.reference]),
        "again_every": AGAIN_SECONDS,
    }


def register() -> None:
    register_own()
    panels.register(
        panels.Panel(
            page="account",
            name="agenda",
            title=_("What happens next"),
            template="staff/panels/agenda.html",
            selector=agenda_panel,
            order=30,
            area="aside",
        )
    )
