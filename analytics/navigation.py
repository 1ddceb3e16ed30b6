"""The analytics' entries in the left navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.roles import ALLOWED
from common.navigation import NavItem, register


def register_all() -> None:
    register(NavItem(_("Dashboard"), "dashboard", "speedometer2", order=5, roles=ALLOWED["see_dashboard"]))
    register(NavItem(_("Accounts"), "account_list", "folder", order=20))
