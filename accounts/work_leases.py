"""An account in one pair of hands: taken for ten minutes, kept while worked on, given up by outcome, hand or time.

Leases live in real time: the sandbox clock moves no agent's hands.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, FollowUp, User, WorkItem, WorkLease
from accounts.services import caller_of
from accounts.work_items import refresh
from accounts.work_list import ORDER, in_list, overdue_accounts, shown
from common.clock import now, real_now, today
from common.errors import Conflict, InvalidInput
from common.once import use_token

LEASE = timedelta(minutes=10)
# An account somebody looked at is not handed out again for this long; it stays in the list.
REST = timedelta(hours=4)
MOST_TRIES = 30
LONGEST_AHEAD = timedelta(days=90)
_TAKE = """
    INSERT INTO accounts_worklease (account_id, agent_id, taken_at, until) VALUES (%s, %s, %s, %s)
    ON CONFLICT (account_id) DO UPDATE SET agent_id = excluded.agent_id, taken_at = excluded.taken_at,
        until = excluded.until
    WHERE accounts_worklease.until <= %s OR accounts_worklease.agent_id = %s
"""


def take_next(user: User, items: QuerySet[WorkItem]) -> Account | None:
    """The first account of the list that is free, now in this agent's hands. Two agents never get the same one."""
    release_all(user)
    free = items.filter(in_list("work")).exclude(_in_hands_or_resting())
    for mine in (Q(assigned_to=user), Q(assigned_to=None)):
        if account := _take_first(user, free.filter(mine).order_by(*ORDER)):
            return account
    return None


def _in_hands_or_resting() -> Exists:
    busy = Q(until__gt=real_now()) | Q(taken_at__gt=real_now() - REST)
    return Exists(WorkLease.objects.filter(busy, account=OuterRef("account_id")))


def _take_first(user: User, free: QuerySet[WorkItem]) -> Account | None:
    passed: list[int] = []
    for _attempt in range(MOST_TRIES):
        with transaction.atomic():
            rows = free.exclude(pk__in=passed) if passed else free
            item = rows.select_for_update(skip_locked=True, of=("self",)).first()
            if item is None:
                return None
            account = _still_work(user, item.pk)
            if account and lease(account, user):
                return account
            refresh([item.pk])
            passed.append(item.pk)
    return None


def _still_work(user: User, account_id: int) -> Account | None:
    """The list may be some seconds behind: the account itself is asked before it is handed over."""
    rows = shown(overdue_accounts(user).filter(pk=account_id), "work")
    return rows.filter(Q(assigned_to=None) | Q(assigned_to=user)).first()


def lease(account: Account, user: User) -> bool:
    """Take the account, or keep it, for ten minutes; False when it is in other hands. One statement, so no race."""
    moment = real_now()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [account.pk, user.pk, moment, moment + LEASE, moment, user.pk])
        return cursor.rowcount == 1


def lease_of_another(account: Account, user: User) -> WorkLease | None:
    rows = WorkLease.objects.filter(account=account, until__gt=real_now()).exclude(agent=user)
    return rows.select_related("agent").first()


def lease_of(account: Account) -> WorkLease | None:
    """Who has it, or had it last."""
    return WorkLease.objects.filter(account=account).select_related("agent").first()


def renew(account: Account, user: User) -> bool:
    """Ten minutes from now, for whoever has it or had it last with nobody after them."""
    moment = real_now()
    mine = WorkLease.objects.filter(account=account, agent=user)
    return bool(mine.update(until=moment + LEASE))


def put_back(account: Account, user: User) -> None:
    """Nothing was done: the next who asks may get it."""
    WorkLease.objects.filter(account=account, agent=user, until__gt=real_now()).delete()


def release(account: Account, user: User) -> None:
    """Something was done: it rests before it is handed out again."""
    WorkLease.objects.filter(account=account, agent=user, until__gt=real_now()).update(until=real_now())


def release_all(user: User) -> None:
    WorkLease.objects.filter(agent=user, until__gt=real_now()).update(until=real_now())


@transaction.atomic
def finish(account: Account, *, by: User, on: date | None, token: str = "") -> None:
    """Done for now: out of one's hands, and back in the list on a day somebody chose. Raises Conflict, and changes
    nothing, when somebody else has taken the account since."""
    if on is not None and not today() <= on <= today() + LONGEST_AHEAD:
        raise InvalidInput(_("Choose a day from today to 90 days ahead."), field="on")
    check_hands(account, by)
    if not use_token(caller_of(by), token):
        return
    if on is None:
        FollowUp.objects.filter(account=account).delete()
    else:
        FollowUp.objects.update_or_create(account=account, defaults={"on": on, "by": by, "set_at": now()})
    record_event("work.finished", account=account, actor=by, source="staff", due_on=on.isoformat() if on else None)
    release(account, by)
    refresh([account.pk])


def check_hands(account: Account, user: User) -> None:
    """Whoever worked on an account that somebody else has taken since is told so, before anything is changed."""
    had = WorkLease.objects.filter(account=account, until__gt=real_now()).exclude(agent=user)
    taken = had.select_related("agent").first()
    if taken is not None:
        raise Conflict(
            _("%(agent)s has had this account since %(time)s UTC. Speak to each other; nothing is changed yet.")
            % {"agent": taken.agent.name, "time": f"{taken.taken_at:%H:%M}"}
        )
