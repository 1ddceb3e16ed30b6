"""The door to `Account.quiet_until`: one row per reason, so that no reason ends or shortens the peace of another."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from accounts.models import Account
from common.clock import now
from payments.models import QuietPeriod

# Peace that was written on the account itself is a reason of its own.
_KEEP = """
    INSERT INTO payments_quietperiod (account_id, reason, until)
    SELECT id, quiet_reason, quiet_until FROM accounts_account a
    WHERE id = ANY (%(accounts)s) AND quiet_until > %(now)s AND NOT EXISTS (
        SELECT FROM payments_quietperiod q WHERE q.account_id = a.id AND q.until >= a.quiet_until)
    ON CONFLICT (account_id, reason) DO UPDATE SET until = excluded.until
"""
_FOLLOW = """
    UPDATE accounts_account a SET quiet_until = last.until, quiet_reason = coalesce(last.reason, '')
    FROM unnest(%(accounts)s::bigint[]) AS asked (id) LEFT JOIN LATERAL (
        SELECT until, reason FROM payments_quietperiod q WHERE q.account_id = asked.id ORDER BY until DESC, id LIMIT 1
    ) AS last ON true
    WHERE a.id = asked.id
"""


def leave_in_peace(account: Account, *, until: datetime, reason: str) -> None:
    """No reminder before `until`; the same reason again never shortens it. The caller holds the account's lock."""
    _run(_KEEP, [account.pk])
    row, new = QuietPeriod.objects.get_or_create(account=account, reason=reason, defaults={"until": until})
    if not new and row.until < until:
        row.until = until
        row.save(update_fields=["until"])
    _follow([account.pk])
    account.refresh_from_db(fields=["quiet_until", "quiet_reason"])


def end_peace(account: Account, *, reason: str) -> None:
    """What other reasons ask for stays as it is."""
    end_peace_of([account.pk], reason=reason)
    account.refresh_from_db(fields=["quiet_until", "quiet_reason"])


def end_peace_of(account_ids: Collection[int], *, reason: str) -> None:
    """As `end_peace`, for many: four statements. The caller holds their locks."""
    _run(_KEEP, account_ids)
    QuietPeriod.objects.filter(account__in=account_ids, reason=reason).delete()
    _follow(account_ids)


def _follow(account_ids: Collection[int]) -> None:
    QuietPeriod.objects.filter(account__in=account_ids, until__lte=now()).delete()
    _run(_FOLLOW, account_ids)


def _run(statement: str, account_ids: Collection[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"accounts": list(account_ids), "now": now()})
