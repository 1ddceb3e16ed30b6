"""Reading complaints and feedback: the lists of the staff, what a person may see, and counts for whoever draws them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Avg, Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, User
from common.clock import now
from common.errors import NotFound
from reminders.models import Complaint, Feedback

SHOWN = ("open", "late", "mine", "over")
ORDERS = {"over": ("-opened_at", "-id")}
SOONEST = ("answer_by", "id")


@dataclass(frozen=True, slots=True)
class ComplaintCounts:
    open: int
    late: int
    answered: int
    answered_late: int


@dataclass(frozen=True, slots=True)
class FeedbackCounts:
    """`content`: those who gave four or five of five; `average` is None before anyone answered."""

    answers: int
    content: int
    average: float | None


def complaints_shown(user: User, which: str) -> QuerySet[Complaint]:
    rows = Complaint.objects.select_related("debtor__creditor", "account", "owner")
    return rows.filter(_conditions(user)[which])


def _conditions(user: User) -> dict[str, Q]:
    running = Q(state="open")
    return {
        "open": running,
        "late": running & Q(answer_by__lt=now()),
        "mine": running & Q(owner=user),
        "over": ~running,
    }


def counts_of_lists(user: User) -> dict[str, int]:
    counted = {which: Count("pk", filter=condition) for which, condition in _conditions(user).items()}
    return Complaint.objects.aggregate(**counted)


def access_complaint(complaint_id: UUID) -> Complaint:
    rows = Complaint.objects.select_related(
        "debtor__creditor", "account__creditor", "account__debtor", "owner", "confirmation", "answered_by"
    )
    row = rows.filter(pk=complaint_id).first()
    if row is None:
        raise NotFound(_("There is no such complaint."))
    return row


def complaints_of(account: Account) -> QuerySet[Complaint]:
    return Complaint.objects.filter(account=account).order_by("-opened_at")


def complaint_counts(since: datetime) -> ComplaintCounts:
    """Open ones now, and those answered since."""
    late, answered = Q(answer_by__lt=now()), Q(state="answered", answered_at__gte=since)
    found = Complaint.objects.aggregate(
        open=Count("pk", filter=Q(state="open")),
        late=Count("pk", filter=Q(state="open") & late),
        answered=Count("pk", filter=answered),
        answered_late=Count("pk", filter=answered & Q(answered_at__gt=F("answer_by"))),
    )
    return ComplaintCounts(**found)


def feedback_shown(kind: str, score: str) -> QuerySet[Feedback]:
    rows = Feedback.objects.select_related("debtor", "account")
    if kind in Feedback.Kind.values:
        rows = rows.filter(kind=kind)
    return rows.filter(score=int(score)) if score in ("1", "2", "3", "4", "5") else rows


def feedback_counts(since: datetime) -> FeedbackCounts:
    found = Feedback.objects.filter(given_at__gte=since).aggregate(
        answers=Count("pk"), content=Count("pk", filter=Q(score__gte=4)), average=Avg("score")
    )
    return FeedbackCounts(**found)
