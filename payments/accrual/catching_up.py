"""Accounts that something late bears on are told again within seconds, not by the next nightly run.

The database writes a `ReplayDue` row whenever a fact lands in days already worked out (migration 0020). Here they are
taken up: the account's lock decides which worker tells it, so any number of workers may run, and one that dies leaves
the rows for the next.
"""

from __future__ import annotations

import logging
import time
from datetime import date, timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction

from accounts.models import Account
from common.clock import real_now, today
from payments.accrual.comparing import compare
from payments.accrual.reading import read_stories
from payments.accrual.replaying import WORKED_OUT, settle_difference
from payments.accrual.rules import read_rules
from payments.models import AccrualState, ReplayDue
from payments.models.accrual import FeeRule, Rule

logger = logging.getLogger(__name__)
BATCH = 100
# What is left then is for the next tick: a rule for everybody must not keep a worker from all else.
LONGEST_RUN_SECONDS = 20
LONGEST_WAIT = timedelta(hours=6)

_FITTING = """
    INSERT INTO payments_replaydue (account_id, because)
    SELECT a.id, 'rule' FROM accounts_account a JOIN accounts_debtor d ON d.id = a.debtor_id
    WHERE a.status IN ('open', 'paid')
      AND (%(creditor)s::bigint IS NULL OR a.creditor_id = %(creditor)s)
      AND (%(product)s = '' OR a.product = %(product)s)
      AND (%(country)s = '' OR d.country = %(country)s)
      AND (%(currency)s = '' OR a.currency = %(currency)s)
"""


def tell_fitting_again(rule: Rule) -> int:
    """Every account this rule is for; in the transaction that changes the rule."""
    scope = {"creditor": rule.creditor_id, "product": rule.product, "country": rule.country}
    with connection.cursor() as cursor:
        cursor.execute(_FITTING, scope | {"currency": rule.currency if isinstance(rule, FeeRule) else ""})
        return cursor.rowcount


def replay_due(batch: int = BATCH) -> int:
    """Tell again what is due, in batches, for a while; how many balances moved. An account that is locked is left for
    later."""
    moved, last, ends = 0, 0, time.monotonic() + LONGEST_RUN_SECONDS
    while (ids := _next_ids(last, batch)) and time.monotonic() < ends:
        last = ids[-1]
        try:
            moved += _tell(ids)
        except SoftTimeLimitExceeded:
            raise
        except Exception:  # one account nobody can tell must not keep the others waiting
            logger.exception("a batch could not be told again", extra={"accounts": len(ids)})
            moved += sum(_tell_alone(account_id) for account_id in ids)
    return moved


def _next_ids(after: int, size: int) -> list[int]:
    rows = ReplayDue.objects.filter(account_id__gt=after, due_at__lte=real_now())
    return list(rows.order_by("account_id").values_list("account_id", flat=True).distinct()[:size])


@transaction.atomic
def _tell(ids: list[int]) -> int:
    """The due rows are read under the accounts' locks, and all else after them: what is in the ledger and approved as
    a rule by then is told, what comes later is due again."""
    locked = Account.objects.select_for_update(skip_locked=True).filter(pk__in=ids).order_by("pk")
    accounts = {account.pk: account for account in locked}
    due = list(ReplayDue.objects.filter(account_id__in=accounts).values_list("pk", flat=True))
    rules = read_rules()
    told = [account for account in accounts.values() if account.status in WORKED_OUT]
    states = AccrualState.objects.in_bulk([account.pk for account in told])
    moved = 0
    for day, group in _by_day(told, states).items():
        stories = read_stories(group, rules, through=day)
        for account in group:
            difference = compare(stories[account.pk], states.get(account.pk))
            moved += settle_difference(account, stories[account.pk], difference) is not None
    ReplayDue.objects.filter(pk__in=due).delete()
    return moved


def _by_day(accounts: list[Account], states: dict[int, AccrualState]) -> dict[date, list[Account]]:
    found: dict[date, list[Account]] = {}
    for account in accounts:
        state = states.get(account.pk)
        found.setdefault(max(today(), state.through) if state else today(), []).append(account)
    return found


def _tell_alone(account_id: int) -> int:
    try:
        return _tell([account_id])
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("an account could not be told again", extra={"account": account_id})
        rows = ReplayDue.objects.filter(account_id=account_id)
        for row in rows:
            wait = min(timedelta(minutes=2**row.tries), LONGEST_WAIT)
            rows.filter(pk=row.pk).update(tries=min(row.tries + 1, 15), due_at=real_now() + wait)
        return 0
