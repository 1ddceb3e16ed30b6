"""The reminders' entries in the left navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.roles import ALLOWED
from common.navigation import NavItem, register


def register_all() -> None:
    register(NavItem(_("Conversations"), "conversation_list", "chat-left-text", order=38, roles=ALLOWED["work"]))
    register(NavItem(_("Complaints"), "complaint_list", "flag", order=42, roles=ALLOWED["work"]))
    register(NavItem(_("Calls"), "call_list", "telephone", order=39, roles=ALLOWED["work"]))
    register(NavItem(_("Letters"), "letter_list", "envelope", order=41, roles=ALLOWED["assign"]))
    register(NavItem(_("Messages"), "message_list", "chat-dots", order=40, roles=ALLOWED["see_messages"]))
    register(
        NavItem(
            _("Message texts"),
            "template_list",
            "chat-square-quote",
            order=78,
            roles=ALLOWED["see_schedules"],
            section=_("Set-up"),
        )
    )
    register(
        NavItem(
            _("Schedules"),
            "schedule_list",
            "calendar-event",
            order=78,
            roles=ALLOWED["see_schedules"],
            section=_("Set-up"),
        )
    )
