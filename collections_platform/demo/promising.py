"""Promises to pay of every kind, so that a fresh machine shows how each looks.

What was promised earlier is taken through the same door as today, its days moved back, and then judged by the door.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import Account, Hold, User
from common.clock import now
from common.money import Money
from payments.models import Plan, Promise
from payments.promises import Part, amend_promise, judge, take_promise, withdraw_promise
from payments.promises.days import local_day, midnight_after
from payments.services.direct import record_direct_payment

LEAST = 50_000
STATES = ("open", "today", "amended", "withdrawn", "kept", "partly_kept", "broken")


def promise_all() -> int:
    """One account for each state; how many there were accounts for."""
    by = User.objects.filter(role=User.Role.AGENT).first()
    owing = Account.objects.filter(status="open", balance_minor__gte=LEAST, quiet_until=None, promises=None)
    free = owing.exclude(pk__in=Plan.objects.values("account")).exclude(debtor__in=Hold.objects.values("debtor"))
    accounts = list(free.select_related("debtor", "creditor").order_by("pk")[: len(STATES)])
    for state, account in zip(STATES, accounts, strict=False):
        _promise(account, state, by)
    return len(accounts)


def _promise(account: Account, state: str, by: User | None) -> None:
    here, some = local_day(account, now()), LEAST // 2
    ahead = 0 if state == "today" else 3
    whose: dict[str, Any] = {"source": "debtor"} if state in ("open", "today") else {"source": "call", "by": by}
    promise = take_promise(account, [Part(here + timedelta(days=ahead), some)], **whose)
    if state == "amended" and by:
        later = [Part(here + timedelta(days=9), some)]
        amend_promise(promise, later, reason="The wages come a week later.", by=by)
    if state == "withdrawn":
        withdraw_promise(promise, reason="A misunderstanding on the phone.", by=by)
    if state == "kept":
        _pay(account, some, days_ago=0)
    if state in ("partly_kept", "broken"):
        _back(promise, days=8)
        if state == "partly_kept":
            _pay(account, some // 2, days_ago=6)
        judge(promise.pk)


def _pay(account: Account, minor: int, *, days_ago: int) -> None:
    received = now() - timedelta(days=days_ago)
    record_direct_payment(
        account, Money(minor, account.currency), received_at=received, external_reference=f"demo-promise-{account.pk}"
    )


@transaction.atomic
def _back(promise: Promise, *, days: int) -> None:
    back = timedelta(days=days)
    last = promise.last_on - back
    promise.parts.update(due_on=F("due_on") - back)
    Promise.objects.filter(pk=promise.pk).update(
        taken_at=promise.taken_at - back,
        first_taken_on=promise.first_taken_on - back,
        last_on=last,
        judge_at=midnight_after(promise.account, last + timedelta(days=promise.grace_days)),
    )
