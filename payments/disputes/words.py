"""Disputes as people say them, and why one brings an account to the work list."""

from __future__ import annotations

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.hold_rules import KEPT_FOR
from accounts.roles import ALLOWED
from accounts.timeline_words import WORDS, EventWords
from accounts.work_reasons import WorkReason, ago_words, register
from common.clock import now
from common.navigation import NavItem
from common.navigation import register as register_entry
from payments.disputes.opening import kept_for_dispute
from payments.models import DebtDispute
from payments.models.debt_disputes import RUNNING

STATES: dict[str, tuple[str, str, Promise]] = {
    "late": ("bad", "exclamation-triangle", gettext_lazy("late")),
    "asked": ("info", "chat-dots", gettext_lazy("waits for the person")),
    "opened": ("warn", "flag", gettext_lazy("new")),
    "investigating": ("info", "search", gettext_lazy("being looked into")),
    "deciding": ("warn", "people", gettext_lazy("waits for a second person")),
    "upheld": ("good", "check-circle", gettext_lazy("they were right")),
    "partly": ("good", "check-circle", gettext_lazy("right in part")),
    "rejected": ("quiet", "x-circle", gettext_lazy("turned down")),
    "withdrawn": ("quiet", "arrow-counterclockwise", gettext_lazy("taken back")),
}
EVENTS = (
    ("dispute.raised", "decisions", "flag", "warn", gettext_lazy("Dispute opened")),
    ("dispute.remark", "contacts", "chat-dots", "info", gettext_lazy("Said about a dispute")),
    ("dispute.evidence", "contacts", "file-earmark-text", "info", gettext_lazy("Papers sent about a dispute")),
    ("dispute.evidence_saved", "system", "download", "quiet", gettext_lazy("A paper of a dispute was saved")),
    ("dispute.assigned", "system", "person-check", "quiet", gettext_lazy("Dispute assigned")),
    ("dispute.deciding", "decisions", "people", "info", gettext_lazy("Dispute decided, a second person has to agree")),
    (
        "dispute.sent_back",
        "decisions",
        "arrow-counterclockwise",
        "warn",
        gettext_lazy("Not agreed to: the dispute is open again"),
    ),
    ("dispute.decided", "decisions", "check-circle", "good", gettext_lazy("Dispute decided")),
    ("dispute.answered", "contacts", "send", "good", gettext_lazy("The answer to a dispute has arrived")),
    ("validation_notice.made", "decisions", "file-earmark-text", "info", gettext_lazy("Validation notice made")),
    ("dispute.withdrawn", "decisions", "x-circle", "quiet", gettext_lazy("Dispute taken back")),
)


def standing(row: DebtDispute) -> tuple[str, str, Promise]:
    """Tone, icon and words of the badge."""
    if row.state == "decided":
        return STATES[row.outcome]
    if row.answer_by < now():
        return STATES["late"]
    return STATES["asked" if row.asked_at and row.state != "deciding" else row.state]


def _running() -> QuerySet[DebtDispute]:
    return DebtDispute.objects.filter(state__in=RUNNING)


def _late() -> QuerySet[DebtDispute]:
    return _running().filter(answer_by__lt=now())


def _whose() -> Subquery:
    return Subquery(_late().filter(account=OuterRef("pk")).values("owner__name")[:1])


REASONS = (
    WorkReason(
        "dispute_late",
        60,
        lambda _today: Q(pk__in=_late().values("account")),
        lambda account, today, owner: (
            _("a dispute is late, with %(name)s") % {"name": owner} if owner else _("a dispute is late, with nobody")
        ),
        "bad",
        lambda _today: _whose(),
    ),
    WorkReason(
        "dispute_new",
        50,
        lambda _today: Q(pk__in=_running().filter(state="opened").values("account")),
        lambda account, today, at: _("disputed %(when)s") % {"when": ago_words(at, today)},
        "warn",
        lambda _today: Subquery(_running().filter(account=OuterRef("pk")).values("opened_at")[:1]),
        waits=True,
    ),
)


def register_all() -> None:
    KEPT_FOR.append(kept_for_dispute)
    WORDS.update({kind: EventWords(group, icon, tone, title) for kind, group, icon, tone, title in EVENTS})
    for reason in REASONS:
        register(reason)
    register_entry(NavItem(gettext_lazy("Disputes"), "dispute_list", "flag", order=43, roles=ALLOWED["work"]))
