"""Bank transfers as people say them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.timeline_words import WORDS, EventWords

STATES = {
    "recorded": (_("to confirm"), "warn"),
    "suspense": (_("nobody's yet"), "warn"),
    "placed": (_("on an account"), "good"),
    "to_return": (_("to be sent back"), "info"),
    "returned": (_("sent back"), "quiet"),
    "recalled": (_("taken back by the bank"), "bad"),
    "rejected": (_("put aside"), "quiet"),
}
STEP_STATES = {
    "asked": (_("waits for a second person"), "warn"),
    "agreed": (_("agreed"), "good"),
    "refused": (_("turned down"), "quiet"),
}
EVENTS = (
    ("transfer.recorded", "decisions", "file-earmark-text", "info", _("Bank transfer written down")),
    ("transfer.placed", "payments", "bank", "good", _("Bank transfer put on this account")),
    ("transfer.suspense", "decisions", "question-circle", "warn", _("Bank transfer is nobody's yet")),
    ("transfer.asked", "decisions", "file-earmark-text", "info", _("Change of a bank transfer asked for")),
    ("transfer.refused", "decisions", "x-circle", "quiet", _("Change of a bank transfer turned down")),
    ("transfer.rejected", "decisions", "x-circle", "quiet", _("Bank transfer put aside")),
    ("transfer.to_return", "decisions", "arrow-counterclockwise", "info", _("Bank transfer is to be sent back")),
    ("transfer.returned", "payments", "arrow-counterclockwise", "info", _("Bank transfer sent back")),
    ("transfer.recalled", "payments", "arrow-counterclockwise", "bad", _("The bank took a transfer back")),
    ("transfer.assigned", "decisions", "person-check", "quiet", _("Somebody sees to the bank transfer")),
)


def register_all() -> None:
    WORDS.update({kind: EventWords(group, icon, tone, title) for kind, group, icon, tone, title in EVENTS})
