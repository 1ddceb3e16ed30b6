"""Promises to pay as people say them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.timeline_words import WORDS, EventWords

STATES = {
    "open": (_("open"), "info"),
    "kept": (_("kept"), "good"),
    "partly_kept": (_("partly kept"), "warn"),
    "broken": (_("broken"), "bad"),
    "amended": (_("changed"), "quiet"),
    "withdrawn": (_("withdrawn"), "quiet"),
}
EVENTS = (
    ("promise.taken", "payments", "calendar-check", "info", _("Promised to pay")),
    ("promise.amended", "decisions", "calendar-event", "info", _("Promise to pay changed")),
    ("promise.withdrawn", "decisions", "x-circle", "quiet", _("Promise to pay withdrawn")),
    ("promise.kept", "payments", "calendar-check", "good", _("Promise to pay kept")),
    ("promise.partly_kept", "payments", "calendar-check", "warn", _("Promise to pay kept in part only")),
    ("promise.broken", "payments", "x-circle", "bad", _("Promise to pay broken")),
    ("promise.reopened", "payments", "calendar-event", "warn", _("Promise to pay open again: money was taken back")),
    ("plan_rail.requested", "decisions", "pencil", "info", _("Guard-rails of plans asked for")),
    ("plan_rail.approved", "decisions", "check-circle", "good", _("Guard-rails of plans agreed to")),
    ("plan_rail.rejected", "decisions", "x-circle", "quiet", _("Guard-rails of plans turned down")),
    ("promise_rule.changed", "decisions", "pencil", "quiet", _("Limits of promises changed")),
)


def register_all() -> None:
    WORDS.update({kind: EventWords(group, icon, tone, title) for kind, group, icon, tone, title in EVENTS})
