"""The account page's panel about the debtor's debit agreement."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.roles import ALLOWED
from common import navigation, panels
from wallets.models import Mandate

MANDATE_WORDS = {
    "pending": _("waiting for the signature"),
    "active": _("active"),
    "paused": _("paused"),
    "revoked": _("ended"),
    "expired": _("run out"),
}


def mandate_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    mandates = Mandate.objects.filter(account=account).select_related("provider").order_by("-pk")
    newest = mandates.first()
    return {"mandate": newest, "words": MANDATE_WORDS[newest.state]} if newest else None


def register() -> None:
    panels.register(
        panels.Panel(
            page="account",
            name="mandate",
            title=_("Debit agreement"),
            template="staff/panels/mandate.html",
            selector=mandate_panel,
            order=40,
            area="aside",
        )
    )
    navigation.register(
        navigation.NavItem(
            _("Wallet providers"),
            "provider_list",
            "wallet2",
            order=82,
            roles=ALLOWED["configure"],
            section=_("Set-up"),
        )
    )
