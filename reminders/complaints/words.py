"""How complaints stand, as people say it."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.clock import now
from reminders.models import Complaint

STATES: dict[str, tuple[str, str, Promise]] = {
    "open": ("info", "clock", _("being looked at")),
    "late": ("bad", "exclamation-triangle", _("late")),
    "answered": ("good", "check-circle", _("answered")),
    "withdrawn": ("quiet", "x-circle", _("withdrawn")),
}


def standing(row: Complaint) -> tuple[str, str, Promise]:
    """Tone, icon and words of the badge."""
    late = row.state == "open" and row.answer_by < now()
    return STATES["late" if late else row.state]
