"""Why hard times bring an account to the work list: somebody waits for an answer, or the day of a review has come."""

from __future__ import annotations

from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from accounts.models import HardshipCase
from accounts.work_reasons import WorkReason, ago_words, register

WAITING = HardshipCase.objects.filter(state="waiting")
GRANTED = HardshipCase.objects.filter(state="granted")
REASONS = (
    WorkReason(
        "hardship_waiting",
        55,
        lambda _today: Q(pk__in=WAITING.values("account")),
        lambda account, today, since: _("told us %(when)s that paying is hard") % {"when": ago_words(since, today)},
        "bad",
        lambda _today: Subquery(WAITING.filter(account=OuterRef("pk")).values("waiting_since")[:1]),
        waits=True,
    ),
    WorkReason(
        "hardship_review",
        40,
        lambda today: Q(pk__in=GRANTED.filter(review_on__lte=today).values("account")),
        lambda *given: _("look again at their hard times"),
        "warn",
    ),
)


def register_reasons() -> None:
    for reason in REASONS:
        register(reason)
