"""The door to promises, and what their list reads."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.selectors import accounts_visible_to
from common.clock import now, today
from common.errors import NotFound
from common.ids import row_id_of
from payments.models import Promise, PromisePart
from payments.models.promises import NOT_KEPT
from payments.promises.days import today_there

RECENT = timedelta(days=30)
A_DAY = timedelta(days=1)
SHOWS = ("open", "today", "broken", "kept", "all")


def promises_visible_to(user: User) -> QuerySet[Promise]:
    rows = Promise.objects.filter(account__in=accounts_visible_to(user))
    return rows.select_related("account__debtor", "taken_by")


def access_promise(user: User, reference: str) -> Promise:
    row = promises_visible_to(user).filter(pk=row_id_of(reference) or 0).first()
    if row is None or row.reference != reference.upper():
        raise NotFound(_("There is no such promise."))
    return row


def open_promise(account: Account) -> Promise | None:
    return Promise.objects.filter(account=account, state="open").first()


def promise_named(account: Account, reference: str) -> Promise | None:
    return Promise.objects.filter(account=account, pk=row_id_of(reference) or 0).first() if reference else None


def last_promise(account: Account) -> Promise | None:
    return Promise.objects.filter(account=account).order_by("-pk").first()


def shown(rows: QuerySet[Promise], which: str) -> QuerySet[Promise]:
    conditions = {
        "open": Q(state="open"),
        "today": Q(state="open", parts__in=_due_today()),
        "broken": Q(state__in=NOT_KEPT, changed_at__gt=now() - RECENT),
        "kept": Q(state="kept", changed_at__gt=now() - RECENT),
        "all": Q(),
    }
    return rows.filter(conditions.get(which, conditions["open"]))


def _due_today() -> QuerySet[PromisePart]:
    """By the debtor's own clock; nobody's day is more than one away from ours."""
    near = (today() - A_DAY, today() + A_DAY)
    rows = PromisePart.objects.filter(due_on__range=near, promise__state="open")
    return rows.filter(due_on=today_there(account="promise__account"))
