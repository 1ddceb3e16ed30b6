"""The work list: open, overdue accounts in the order of one number per account, with the reasons for it in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import add
from typing import Any

from django.db import connection
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Sum, Value, When

from accounts.models import Account, Hold, User, WorkLease
from accounts.selectors import accounts_visible_to
from accounts.work_reasons import WorkReason, held_by, hold_review_due, reasons
from common.clock import now, real_now, today
from common.keyset import Page, page_of
from common.money import Money

LEASE = timedelta(minutes=10)
# An account somebody looked at is not handed out again for this long; it stays in the list.
REST = timedelta(hours=4)
CANDIDATES = 30
ORDER = ("-priority", "id")


@dataclass(frozen=True, slots=True)
class Said:
    words: str
    points: int
    tone: str


def worth(reason: WorkReason, day: date) -> Case:
    return Case(When(reason.condition(day), then=Value(reason.points)), default=Value(0), output_field=IntegerField())


def with_priority(rows: QuerySet[Account], day: date) -> QuerySet[Any]:
    return rows.annotate(priority=reduce(add, [worth(reason, day) for reason in reasons()]))


def on_contact_hold() -> Q:
    """Asked as membership of a short list, not per account: holds are few and accounts are many."""
    moment = now()
    running = Q(ends_at=None) | Q(ends_at__gt=moment)
    return held_by(Hold.objects.filter(running, blocks__contains=["contact"], starts_at__lte=moment))


def overdue_accounts(user: User) -> QuerySet[Account]:
    return accounts_visible_to(user).filter(status="open", balance_minor__gt=0, due_date__lt=today())


def quiet() -> Q:
    return Q(quiet_until__gt=now())


def shown(rows: QuerySet[Account], which: str) -> QuerySet[Account]:
    """`work`: what can be worked now; `hold`: contact is stopped; `later`: left in peace until a moment to come."""
    if which == "hold":
        return rows.filter(on_contact_hold())
    if which == "later":
        return rows.filter(quiet()).exclude(on_contact_hold())
    return rows.exclude(quiet()).filter(~on_contact_hold() | hold_review_due(today()))


def said_of(account: Account, day: date) -> list[Said]:
    """Why this account stands where it stands, the heaviest reason first. Needs the annotations of `explain`."""
    return [
        Said(reason.words(account, day, getattr(account, f"detail_{reason.name}", None)), reason.points, reason.tone)
        for reason in reasons()
        if getattr(account, f"worth_{reason.name}", 0)
    ]


def explain(accounts: list[Account]) -> None:
    """Give each account its `reasons` and `priority`, in one query for all."""
    day = today()
    fields: dict[str, Any] = {f"worth_{reason.name}": worth(reason, day) for reason in reasons()}
    fields |= {f"detail_{reason.name}": reason.detail(day) for reason in reasons() if reason.detail}
    rows = Account.objects.filter(pk__in=[account.pk for account in accounts]).annotate(**fields)
    said = {row.pk: said_of(row, day) for row in rows}
    for account in accounts:
        account.reasons = said.get(account.pk, [])  # type: ignore[attr-defined]


def work_page(rows: QuerySet[Account], *, cursor: str, size: int = 25) -> Page[Account]:
    ranked = with_priority(rows, today()).select_related("debtor", "creditor", "assigned_to", "lease__agent")
    page = page_of(ranked, order=ORDER, cursor=cursor, size=size)
    explain(page.rows)
    return page


def totals(rows: QuerySet[Account]) -> tuple[int, list[Money]]:
    """How many accounts, and what they owe per currency, the largest count first."""
    groups = rows.order_by().values("currency").annotate(n=Count("pk"), owed=Sum("balance_minor")).order_by("-n")
    found = list(groups)
    return sum(row["n"] for row in found), [Money(row["owed"], row["currency"]) for row in found]


def take_next(user: User, rows: QuerySet[Account]) -> Account | None:
    """The first account of the list that is free, now in this agent's hands. Two agents never get the same one."""
    WorkLease.objects.filter(agent=user, until__gt=real_now()).update(until=real_now())
    fresh = Q(lease__isnull=True) | Q(lease__until__lte=real_now(), lease__taken_at__lte=real_now() - REST)
    mine_first = Case(When(assigned_to=user, then=Value(0)), default=Value(1))
    others = ~Q(assigned_to=None) & ~Q(assigned_to=user)
    ranked = with_priority(rows.filter(fresh).exclude(others), today()).order_by(mine_first, "-priority", "id")
    for account in ranked[:CANDIDATES]:
        if lease(account, user):
            return account
    return None


def lease(account: Account, user: User) -> bool:
    """Take the account, or keep it, for ten minutes; False when it is in other hands. One statement, so no race."""
    moment = real_now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_worklease (account_id, agent_id, taken_at, until) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (account_id) DO UPDATE SET agent_id = excluded.agent_id, taken_at = excluded.taken_at,"
            " until = excluded.until WHERE accounts_worklease.until <= %s OR accounts_worklease.agent_id = %s",
            [account.pk, user.pk, moment, moment + LEASE, moment, user.pk],
        )
        return cursor.rowcount == 1


def lease_of_another(account: Account, user: User) -> WorkLease | None:
    rows = WorkLease.objects.filter(account=account, until__gt=real_now()).exclude(agent=user)
    return rows.select_related("agent").first()
