"""The account page's panel about the person's wallets and debit agreement: masked facts only."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.roles import ALLOWED, may
from accounts.timeline import reason_in_words, register_reason_teller, register_reason_words
from common import navigation, panels
from wallets.models import Mandate, PaymentMethod
from wallets.providers import registry
from wallets.words import MANDATE_REASONS

MANDATE_WORDS = {
    "pending": _("waiting for the signature"),
    "active": _("active"),
    "paused": _("paused"),
    "revoked": _("ended"),
    "expired": _("run out"),
}
CHANGES = {"pending": ("end",), "active": ("pause", "end"), "paused": ("end",)}


def changes_of(mandate: Mandate) -> tuple[str, ...]:
    """What staff may do now; the debtor's own pause is not theirs to lift."""
    resumable = mandate.state == "paused" and mandate.paused_by == "staff"
    return (("resume",) if resumable else ()) + CHANGES.get(mandate.state, ())


def mandate_panel(request: HttpRequest, account: Account) -> dict[str, Any] | None:
    mandates = Mandate.objects.filter(account=account).select_related("provider").order_by("-pk")
    newest = mandates.first()
    rows = PaymentMethod.objects.filter(debtor_id=account.debtor_id, removed_at=None).select_related("provider")
    methods = list(rows)
    if newest is None and not methods:
        return None
    return {
        "mandate": newest,
        "words": MANDATE_WORDS[newest.state] if newest else "",
        "why": reason_in_words(newest.state_reason) if newest else "",
        "methods": methods,
        "changes": changes_of(newest) if newest and may(request.user, "work") else (),
    }


def wallet_called(key: str) -> str:
    """What people call the wallet that events name by its key; empty for a word that is no wallet's."""
    return str(registry.facts_of(key).name) if key in registry.available() else ""


def register() -> None:
    for words in (MANDATE_WORDS, MANDATE_REASONS):
        register_reason_words(words)
    register_reason_teller(wallet_called)
    panels.register(
        panels.Panel(
            page="account",
            name="mandate",
            title=_("Wallets and debit agreement"),
            template="staff/panels/mandate.html",
            selector=mandate_panel,
            order=40,
            area="aside",
        )
    )
    navigation.register(
        navigation.NavItem(_("Agreements to end"), "ending_list", "x-octagon", order=33, roles=ALLOWED["work"])
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
