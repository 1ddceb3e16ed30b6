"""Reading cases: the queue of the staff, one case, and household figures that leave a trace when they are opened."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import HardshipCase, User
from accounts.models.hardship import RUNNING
from accounts.roles import may
from accounts.selectors import accounts_visible_to
from accounts.services import caller_of
from common.clock import real_now, today
from common.errors import NotFound
from common.once import use_token

SHOWN = ("waiting", "review", "mine", "granted", "over")
SHOWN_FOR = timedelta(minutes=5)


def _conditions(user: User) -> dict[str, Q]:
    return {
        "waiting": Q(state="waiting"),
        "review": Q(state="granted", review_on__lte=today()),
        "mine": Q(state__in=RUNNING, owner=user),
        "granted": Q(state="granted"),
        "over": ~Q(state__in=RUNNING),
    }


def visible_cases(user: User) -> QuerySet[HardshipCase]:
    return HardshipCase.objects.filter(account__in=accounts_visible_to(user))


def cases_shown(user: User, which: str) -> QuerySet[HardshipCase]:
    rows = visible_cases(user).select_related("account__creditor", "debtor", "owner", "statement")
    return rows.filter(_conditions(user)[which])


def counts_of_lists(user: User) -> dict[str, int]:
    counted = {which: Count("pk", filter=condition) for which, condition in _conditions(user).items()}
    return visible_cases(user).aggregate(**counted)


def access_case(user: User, case_id: UUID) -> HardshipCase:
    rows = visible_cases(user).select_related(
        "account__creditor", "account__debtor", "debtor", "owner", "statement__given_by", "decided_by", "hold"
    )
    row = rows.filter(pk=case_id).first()
    if row is None:
        raise NotFound(_("There is no such request."))
    return row


@transaction.atomic
def reveal_household(request: HttpRequest, case: HardshipCase, *, by: User, token: str = "") -> None:
    """For five minutes in this browser; that they looked is on the record, what they saw is not."""
    if use_token(caller_of(by), token):
        fields = ["household", "hardship_note"] if may(by, "see_hardship_note") else ["household"]
        record_event("personal_data.seen", account=case.account, actor=by, source="staff", fields=fields)
    request.session[_key(case)] = (real_now() + SHOWN_FOR).timestamp()


def sees_household(request: HttpRequest, case: HardshipCase) -> bool:
    return may(request.user, "see_household") and request.session.get(_key(case), 0) > real_now().timestamp()


def _key(case: HardshipCase) -> str:
    return f"household:{case.statement_id}"
