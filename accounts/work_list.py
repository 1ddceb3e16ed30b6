"""The work list: open, overdue accounts in the order of one number per account, with the reasons for it in words.

`overdue_accounts` and `shown` ask the accounts themselves; the lists and their counts are read from `WorkItem`, which
is worked out beforehand (see `accounts.work_items`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add
from typing import Any

from django.core.cache import cache
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Sum, Value, When

from accounts.models import Account, Hold, User, WorkItem
from accounts.selectors import accounts_visible_to
from accounts.work_reasons import WorkReason, held_by, hold_review_due, reasons
from common.clock import now, today
from common.keyset import Page, page_of
from common.money import Money

ORDER = ("-priority", "account_id")
LISTS = ("work", "overdue", "today", "later", "hold")
PARTS = {name: (name,) for name in LISTS} | {"work": ("overdue", "today")}
QUICK_SECONDS = 0.1
KEPT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Said:
    words: str
    points: int
    tone: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How many accounts each list has, and what those of one of them owe per currency, the most accounts first."""

    counts: dict[str, int]
    owed: list[Money]


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


def items_of(user: User) -> QuerySet[WorkItem]:
    return WorkItem.objects.all() if user.is_staff_member else WorkItem.objects.none()


def in_list(which: str) -> Q:
    """Each account is on hold, for later, or work: overdue when its day is over, else today's."""
    if which == "hold":
        return Q(on_hold=True)
    rests = Q(rests_until__gt=now(), rests_until__isnull=False)
    after = Q(follow_on__gt=today(), follow_on__isnull=False)
    if which == "later":
        return Q(on_hold=False) & (rests | after)
    work = Q(on_hold=False) & (Q(rests_until=None) | Q(rests_until__lte=now()))
    past = Q(follow_on__lt=today(), follow_on__isnull=False)
    undated = Q(follow_on=None)
    if which == "overdue":
        return work & past
    if which == "today":
        return work & (undated | Q(follow_on=today()))
    return work & (undated | Q(follow_on__lte=today()))


def summary(items: QuerySet[WorkItem], which: str, *, key: str = "") -> Summary:
    """Fresh where counting is quick; where it takes long, half a minute old at most. `key` names the filters."""
    place = f"work:summary:{which}:{today()}:{key}"
    if (kept := cache.get(place)) is not None:
        return kept
    began = time.perf_counter()
    found = _counted(items, which)
    if time.perf_counter() - began > QUICK_SECONDS:
        cache.set(place, found, KEPT_SECONDS)
    return found


def _counted(items: QuerySet[WorkItem], which: str) -> Summary:
    names = ("hold", "later", "overdue")
    where = Case(*(When(in_list(name), then=Value(name)) for name in names), default=Value("today"))
    groups: Any = items.order_by().annotate(where=where).values("where", "currency")
    found = list(groups.annotate(n=Count("pk"), owed=Sum("balance_minor")))
    counts = {name: sum(row["n"] for row in found if row["where"] in PARTS[name]) for name in LISTS}
    chosen = [row for row in found if row["where"] in PARTS[which]]
    sizes = {row["currency"]: sum(one["n"] for one in chosen if one["currency"] == row["currency"]) for row in chosen}
    owed = [
        Money(sum(row["owed"] for row in chosen if row["currency"] == currency), currency)
        for currency in sorted(sizes, key=lambda name: (-sizes[name], name))
    ]
    return Summary(counts, owed)


def explain(accounts: list[Account]) -> None:
    """Give each account its `reasons`, the heaviest first, in two queries for all: asked of these accounts alone, so
    that it takes no longer where there are many others."""
    day, ids = today(), [account.pk for account in accounts]
    rows = Account.objects.filter(pk__in=ids).order_by()
    told = [
        rows.filter(reason.condition(day)).annotate(said=Value(reason.name)).values_list("pk", "said")
        for reason in reasons()
    ]
    found = set(told[0].union(*told[1:], all=True)) if ids else set()
    details = {f"detail_{reason.name}": reason.detail(day) for reason in reasons() if reason.detail}
    known = {row.pk: row for row in rows.annotate(**details)}
    for account in accounts:
        row = known.get(account.pk, account)
        account.reasons = [_said(row, reason, day) for reason in reasons() if (row.pk, reason.name) in found]  # type: ignore[attr-defined]


def _said(account: Account, reason: WorkReason, day: date) -> Said:
    words = reason.words(account, day, getattr(account, f"detail_{reason.name}", None))
    return Said(words, reason.points, reason.tone)


def work_page(items: QuerySet[WorkItem], *, cursor: str, size: int = 25) -> Page[WorkItem]:
    ranked = items.select_related("account__debtor", "account__creditor", "account__lease__agent", "assigned_to")
    page = page_of(ranked, order=ORDER, cursor=cursor, size=size)
    explain([item.account for item in page.rows])
    return page


def totals(rows: QuerySet[Account]) -> tuple[int, list[Money]]:
    """How many accounts, and what they owe per currency, the largest count first."""
    groups = rows.order_by().values("currency").annotate(n=Count("pk"), owed=Sum("balance_minor")).order_by("-n")
    found = list(groups)
    return sum(row["n"] for row in found), [Money(row["owed"], row["currency"]) for row in found]
