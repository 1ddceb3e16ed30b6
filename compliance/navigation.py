"""The compliance pages' entries in the left navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.roles import ALLOWED
from common.navigation import NavItem, register


def register_all() -> None:
    register(NavItem(_("Decisions"), "decision_list", "signpost-split", order=42, roles=ALLOWED["see_decisions"]))
    register(NavItem(_("Notices by others"), "given_notice_list", "envelope", order=43, roles=ALLOWED["see_decisions"]))
    register(
        NavItem(
            _("Policies"), "policy_list", "shield-check", order=77, roles=ALLOWED["see_policies"], section=_("Set-up")
        )
    )
