"""The accounts' entries in the left navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.roles import ALLOWED
from common.navigation import NavItem, register

SET_UP = (
    (_("Placement files"), "import_list", "upload", 70, "import"),
    (_("People"), "user_list", "people", 80, "manage_users"),
    (_("Office hours"), "office_hours", "clock", 82, "configure"),
    (_("API keys"), "key_list", "key", 84, "manage_keys"),
    (_("Notices to creditors"), "delivery_list", "broadcast", 86, "see_deliveries"),
)


def register_all() -> None:
    register(NavItem(_("Work list"), "work_list", "list-check", order=10, roles=ALLOWED["work"]))
    register(NavItem(_("Approvals"), "approval_list", "check-circle", order=12, roles=ALLOWED["assign"]))
    for label, url_name, icon, order, action in SET_UP:
        register(NavItem(label, url_name, icon, order=order, roles=ALLOWED[action], section=_("Set-up")))
