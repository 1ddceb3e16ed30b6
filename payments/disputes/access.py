"""Reading disputes: the queue of the staff, one dispute with its papers, and what the person may see."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.selectors import accounts_visible_to
from common.clock import now
from common.errors import NotFound
from payments.disputes.opening import tell
from payments.models import DebtDispute, DisputeEvidence
from payments.models.debt_disputes import RUNNING

SHOWN = ("open", "late", "mine", "asked", "second", "answer", "over")


def _conditions(user: User) -> dict[str, Q]:
    running = Q(state__in=RUNNING)
    return {
        "open": running,
        "late": running & Q(answer_by__lt=now()),
        "mine": running & Q(owner=user),
        "asked": running & Q(asked_at__isnull=False),
        "second": Q(state="deciding"),
        "answer": Q(state="decided", released_at=None),
        "over": Q(state="decided"),
    }


def visible_disputes(user: User) -> QuerySet[DebtDispute]:
    return DebtDispute.objects.filter(account__in=accounts_visible_to(user))


def disputes_shown(user: User, which: str, *, reason: str = "", country: str = "") -> QuerySet[DebtDispute]:
    rows = visible_disputes(user).select_related("account__creditor", "account__debtor", "owner")
    rows = rows.filter(_conditions(user)[which])
    if reason in DebtDispute.Reason.values:
        rows = rows.filter(reason=reason)
    return rows.filter(account__debtor__country=country) if country else rows


def counts_of_lists(user: User) -> dict[str, int]:
    counted = {which: Count("pk", filter=condition) for which, condition in _conditions(user).items()}
    return visible_disputes(user).aggregate(**counted)


def access_dispute(user: User, dispute_id: UUID) -> DebtDispute:
    rows = visible_disputes(user).select_related(
        "account__creditor",
        "account__debtor",
        "owner",
        "opened_by",
        "decided_by",
        "hold",
        "correction__account",
        "closing",
    )
    row = rows.filter(pk=dispute_id).first()
    if row is None:
        raise NotFound(_("There is no such dispute."))
    return row


@transaction.atomic
def access_evidence(dispute: DebtDispute, evidence_id: UUID, *, by: User | None) -> DisputeEvidence:
    """One paper, and a trace of who saved it."""
    row = dispute.evidence.filter(pk=evidence_id).first()
    if row is None:
        raise NotFound(_("There is no such file."))
    tell("dispute.evidence_saved", dispute, by=by, file=str(row.pk))
    return row


def disputes_of(account: Account) -> QuerySet[DebtDispute]:
    return DebtDispute.objects.filter(account=account).order_by("-opened_at", "-id")


def last_dispute(account: Account) -> DebtDispute | None:
    return disputes_of(account).select_related("hold").first()
