"""Keeping the work list's rows: after whatever the record says happened, and in rounds over all accounts.

Every change that matters writes an event, so a tick looks at the accounts of new events only. What changes by time
alone (ages, ends of holds, somebody's silence) is found by the rounds, one a day and one an hour after the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Case, DateField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Least

from accounts.models import Account, FollowUp, Hold, WorkItem, WorkSweep
from accounts.work_list import on_contact_hold, with_priority
from accounts.work_reasons import hold_review_due, reasons
from common.clock import now, real_now, today

CHUNK = 20_000
# More accounts than these in one tick are left to a round, which is begun at once.
MOST_FOLLOWED = 50_000
ROUND_EVERY = timedelta(hours=1)
TICK = timedelta(seconds=4)
COLUMNS = (
    "account_id", "creditor_id", "assigned_to_id", "product", "currency", "balance_minor", "due_date", "priority",
    "on_hold", "rests_until", "follow_on",
)  # fmt: skip
_WRITE = """
    INSERT INTO accounts_workitem AS item ({columns}) {rows}
    ON CONFLICT (account_id) DO UPDATE SET {sets}
    WHERE ({now}) IS DISTINCT FROM ({then})
"""
_FORGET = """
    DELETE FROM accounts_workitem AS item WHERE {which} AND NOT EXISTS (
        SELECT FROM accounts_account AS account WHERE account.id = item.account_id
        AND account.status = 'open' AND account.balance_minor > 0 AND account.due_date < %s)
"""
_NEWS = """
    WITH news AS MATERIALIZED (
        SELECT account_id, debtor_id FROM accounts_event
        WHERE xid >= pg_snapshot_xmin(%s::pg_snapshot)::text::bigint
          AND NOT pg_visible_in_snapshot(xid::text::xid8, %s::pg_snapshot)
    )
    SELECT account_id FROM news WHERE account_id IS NOT NULL
    UNION
    SELECT account.id FROM news JOIN accounts_account AS account USING (debtor_id) WHERE news.account_id IS NULL
    LIMIT %s
"""


def refresh(account_ids: Sequence[int]) -> None:
    """Work these accounts' rows out anew."""
    ids = sorted(set(account_ids))
    _write(Account.objects.filter(pk__any_of=ids))
    _forget("item.account_id = ANY(%s)", [ids])


def refresh_everything() -> None:
    """A whole round at once: for tests, demos and a restored database."""
    _write(Account.objects.all())
    _forget("true", [])


def keep_up() -> None:
    """One tick: the accounts of new events, then a piece of a round."""
    follow_record()
    until = real_now() + TICK
    while go_on_with_round() and real_now() < until:
        pass


@transaction.atomic
def follow_record() -> int:
    """Look at the accounts of events that were not there at the last look; how many. Whatever is committed since is
    among them, whenever it was written: no long transaction hides it, and none delays it."""
    sweep = _sweep()
    if sweep is None:
        return 0
    snapshot = _snapshot()
    ids = _accounts_of_events(sweep.snapshot) if sweep.snapshot else []
    if len(ids) > MOST_FOLLOWED:
        sweep.next_account, sweep.round_of = 0, None
    else:
        for start in range(0, len(ids), CHUNK):
            refresh(ids[start : start + CHUNK])
    sweep.snapshot = snapshot
    sweep.save()
    return len(ids)


@transaction.atomic
def go_on_with_round() -> bool:
    """The next accounts of the round; False when there is none to go on with."""
    sweep = _sweep()
    if sweep is None:
        return False
    fresh = sweep.round_of == today() and sweep.round_ended_at and sweep.round_ended_at > real_now() - ROUND_EVERY
    if sweep.next_account == 0 and fresh:
        return False
    ids = Account.objects.filter(pk__gte=sweep.next_account).order_by("pk").values_list("pk", flat=True)
    after = ids[CHUNK : CHUNK + 1].first()
    last = after if after is not None else 2**63 - 1
    _write(Account.objects.filter(pk__gte=sweep.next_account, pk__lt=last))
    _forget("item.account_id >= %s AND item.account_id < %s", [sweep.next_account, last])
    sweep.next_account = after or 0
    if after is None:
        sweep.round_of, sweep.round_ended_at = today(), real_now()
    sweep.save()
    return after is not None


def _sweep() -> WorkSweep | None:
    """None while another process is at it."""
    WorkSweep.objects.get_or_create(pk=1)
    return WorkSweep.objects.select_for_update(skip_locked=True).first()


def _snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        (snapshot,) = cursor.fetchone()
    return str(snapshot)


def _accounts_of_events(since: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, [since, since, MOST_FOLLOWED + 1])
        return [row[0] for row in cursor.fetchall()]


def _write(accounts: QuerySet[Account]) -> None:
    sql, params = _worked_out(accounts, today()).query.sql_with_params()
    own = COLUMNS[1:]
    statement = _WRITE.format(
        columns=", ".join(COLUMNS),
        rows=sql,
        sets=", ".join(f"{name} = excluded.{name}" for name in own),
        now=", ".join(f"item.{name}" for name in own),
        then=", ".join(f"excluded.{name}" for name in own),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def _forget(which: str, params: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FORGET.format(which=which), [*params, today()])


def _worked_out(accounts: QuerySet[Account], day: date) -> Any:
    owing = accounts.filter(status="open", balance_minor__gt=0, due_date__lt=day)
    held = Case(
        When(on_contact_hold() & ~hold_review_due(day), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    rows = with_priority(owing, day).annotate(held=held, follow_on=_follow_on(day)).order_by("pk")
    return rows.values_list(
        "pk", "creditor_id", "assigned_to_id", "product", "currency", "balance_minor", "due_date", "priority", "held",
        "quiet_until", "follow_on",
    )  # fmt: skip


def _follow_on(day: date) -> Any:
    """The earliest of the day somebody set, the review of a hold that is due, and since when they wait for us."""
    moment = now()
    holds = Hold.objects.filter(Q(ends_at=None) | Q(ends_at__gt=moment), review_on__lte=day, debtor=OuterRef("debtor"))
    holds = holds.filter(Q(account=None) | Q(account=OuterRef("pk"))).order_by("review_on")
    days: list[Any] = [
        Subquery(FollowUp.objects.filter(account=OuterRef("pk")).values("on")[:1]),
        Subquery(holds.values("review_on")[:1]),
    ]
    days += [Cast(reason.detail(day), DateField()) for reason in reasons() if reason.waits and reason.detail]
    return Least(*days, output_field=DateField())


def item_of(account_id: int) -> WorkItem | None:
    return WorkItem.objects.filter(pk=account_id).first()
