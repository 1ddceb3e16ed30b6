"""The end of the road in words: events, details, states."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.timeline import register_reason_words
from accounts.timeline_words import WORDS, EventWords
from payments.moves.table import CLOSE_REASONS

STATES: dict[str, tuple[Promise, str]] = {
    "asked": (_("waits for a second person"), "warn"),
    "done": (_("done"), "good"),
    "refused": (_("turned down"), "quiet"),
    "undone": (_("taken back"), "info"),
}
EVENTS: tuple[tuple[str, str, str, Promise], ...] = (
    ("account.move_asked", "file-earmark-text", "info", _("A second person was asked")),
    ("account.move_refused", "x-circle", "quiet", _("Turned down by a second person")),
    ("account.move_settled", "check-circle", "quiet", _("Payments that were under way have ended")),
    ("account.written_off", "x-octagon", "warn", _("Written off")),
    ("account.write_off_undone", "arrow-counterclockwise", "info", _("Write-off taken back")),
    ("account.recovered", "cash-coin", "good", _("Paid after it was given up")),
    ("account.recalled", "arrow-counterclockwise", "warn", _("Returned to the creditor")),
    ("account.recall_undone", "arrow-repeat", "info", _("Taken over from the creditor again")),
    ("account.given_to_agency", "send", "warn", _("Handed over to an agency")),
    ("account.back_from_agency", "arrow-counterclockwise", "info", _("Taken back from the agency")),
    ("account.closed", "check-circle", "quiet", _("Closed")),
    ("account.reopened", "arrow-repeat", "info", _("Opened again")),
    ("end_rule.changed", "pencil", "quiet", _("Limits at the end of the road changed")),
)


def register_all() -> None:
    WORDS.update({kind: EventWords("decisions", icon, tone, title) for kind, icon, tone, title in EVENTS})
    register_reason_words({code: reason.words for code, reason in CLOSE_REASONS.items()})
