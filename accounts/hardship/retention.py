"""What is kept no longer than needed: a household's numbers go after their time, the decisions about them stay."""

from __future__ import annotations

from django.db import transaction

from accounts.events import record_event
from accounts.models import Account, HardshipCase, HardshipStatement
from accounts.models.hardship import RUNNING
from common.clock import today

BATCH = 500


def forget_statements() -> int:
    """Statements past their day, unless a running case rests on them; each leaves an event. Says how many went."""
    gone = 0
    while batch := _batch():
        gone += batch
    return gone


@transaction.atomic
def _batch() -> int:
    in_use = HardshipCase.objects.filter(state__in=RUNNING, statement__isnull=False).values("statement")
    rows = HardshipStatement.objects.filter(keep_until__lt=today()).exclude(pk__in=in_use).select_related("account")
    found = list(rows.select_for_update(of=("self",), skip_locked=True).order_by("keep_until")[:BATCH])
    for row in found:
        record_event("hardship.forgotten", account=row.account, version=row.version)
        row.delete()
    return len(found)


@transaction.atomic
def take_back(account: Account) -> int:
    """The person withdraws what they agreed to: every version goes now. A case goes on without its numbers."""
    Account.objects.select_for_update().get(pk=account.pk)
    rows = list(HardshipStatement.objects.filter(account=account).order_by("version"))
    for row in rows:
        record_event("hardship.forgotten", account=account, source="debtor", version=row.version)
        row.delete()
    return len(rows)
