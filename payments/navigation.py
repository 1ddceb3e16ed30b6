"""The payments' entry in the left navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.roles import ALLOWED
from common.navigation import NavItem, register


def register_all() -> None:
    register(NavItem(_("Payments"), "payment_list", "cash-coin", order=30))
    register(NavItem(_("Promises"), "promise_list", "calendar-check", order=31, roles=ALLOWED["work"]))
    register(NavItem(_("Deposits"), "deposit_list", "currency-exchange", order=32, roles=ALLOWED["work"]))
    register(NavItem(_("Remittances"), "remittance_list", "bank", order=36, roles=ALLOWED["see_remittances"]))
    register(
        NavItem(_("Reconciliation"), "reconciliation_list", "journal-check", order=35, roles=ALLOWED["confirm_money"])
    )
    register(NavItem(_("Bank transfers"), "bank_transfer_list", "cash-stack", order=36, roles=ALLOWED["work"]))
    register(NavItem(_("Trust account"), "trust_page", "safe", order=37, roles=ALLOWED["confirm_money"]))
    register(NavItem(_("Debit tries"), "retry_list", "arrow-repeat", order=33, roles=ALLOWED["confirm_money"]))
    register(
        NavItem(
            _("Interest and fees"),
            "rule_list",
            "percent",
            order=79,
            roles=ALLOWED["see_rules"],
            section=_("Set-up"),
        )
    )
    register(
        NavItem(
            _("Guard-rails of plans"),
            "guard_rails",
            "sliders",
            order=77,
            roles=ALLOWED["confirm_money"],
            section=_("Set-up"),
        )
    )
    register(
        NavItem(
            _("Limits of promises"),
            "promise_limits",
            "calendar-check",
            order=78,
            roles=ALLOWED["confirm_money"],
            section=_("Set-up"),
        )
    )
    register(NavItem(_("Ended accounts"), "move_list", "box-arrow-right", order=38, roles=ALLOWED["work"]))
    register(NavItem(_("Recall by file"), "recall_file", "arrow-counterclockwise", order=39, roles=ALLOWED["recall"]))
    register(NavItem(_("Agencies"), "agency_list", "people", order=39, roles=ALLOWED["decide_ends"]))
    register(
        NavItem(
            _("Limits at the end"),
            "end_rule_list",
            "sliders",
            order=80,
            roles=ALLOWED["set_end_rules"],
            section=_("Set-up"),
        )
    )
    register(NavItem(_("Wallet notices"), "notice_list", "bell", order=34, roles=ALLOWED["confirm_money"]))
