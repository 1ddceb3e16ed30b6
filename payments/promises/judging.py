"""Judging promises: by the money when it comes or is taken back, and by the clock when a day is over.

Both look at the ledger under the account's lock, so that judging again, or two at once, changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from accounts.events import record_event
from common.clock import now
from payments.models import Payment, Promise
from payments.models.promises import NOT_KEPT, PROMISE_STATES
from payments.promises.counting import standing_now
from payments.promises.days import midnight_after
from payments.promises.standing import Standing
from payments.promises.sweeping import break_unpaid
from payments.promises.taking import peace_of, resume, said_of
from payments.services.locking import lock_account
from payments.signals import payment_confirmed, payment_taken_back

logger = logging.getLogger(__name__)

# Money of longer ago does not change what became of a promise any more.
REMEMBERED = timedelta(days=120)


@receiver(payment_confirmed, dispatch_uid="payments.promises.follow_payments")
def follow_payments(sender: Any, *, payments: Sequence[Payment], **_: Any) -> None:
    follow_accounts({payment.account_id for payment in payments})


@receiver(payment_taken_back, dispatch_uid="payments.promises.follow_taken_back")
def follow_taken_back(sender: Any, *, payment: Payment, **_: Any) -> None:
    follow_accounts({payment.account_id})


def follow_accounts(account_ids: set[int]) -> None:
    rows = Promise.objects.filter(account__any_of=account_ids, last_on__gt=(now() - REMEMBERED).date())
    living = rows.exclude(state__in=PROMISE_STATES.final).order_by("account_id", "pk")
    for pk in list(living.values_list("pk", flat=True)):
        judge(pk)


def judge_due() -> int:
    """Judge those whose day is over; how many. Word of a payment that got lost is made up for here."""
    broken = break_unpaid()
    due = Promise.objects.filter(judge_at__lte=now()).order_by("judge_at", "id")
    return broken + sum(_judge_quietly(pk) for pk in list(due.values_list("pk", flat=True)))


def _judge_quietly(promise_id: int) -> bool:
    """One that cannot be judged does not keep the others waiting."""
    try:
        judge(promise_id)
    except Exception:
        logger.exception("a promise could not be judged", extra={"promise": promise_id})
        return False
    return True


@transaction.atomic
def judge(promise_id: int) -> Promise:
    account = lock_account(Promise.objects.values_list("account_id", flat=True).get(pk=promise_id))
    row = Promise.objects.select_for_update().get(pk=promise_id)
    row.account = account
    if row.state in PROMISE_STATES.final:
        return row
    found = standing_now(row)
    before, after = row.state, _verdict(row, found)
    row.paid_minor, row.judge_at = found.minor, _next_look(row, found, after)
    if before != after:
        PROMISE_STATES.check(before, after)
        row.state, row.changed_at = after, now()
    row.save(update_fields=["state", "paid_minor", "judge_at", "changed_at"])
    if before != after:
        _tell(row, before)
    return row


def _verdict(row: Promise, found: Standing) -> str:
    """Two are never open: one that would be again gives way to the newer, with what came for it."""
    newer = Promise.objects.filter(account=row.account, pk__gt=row.pk)
    if found.state == "open" and row.state != "open" and newer.exists():
        return "partly_kept" if found.minor else "broken"
    return found.state


def _next_look(row: Promise, found: Standing, after: str) -> Any:
    if after == "open" and found.next_last_day:
        return midnight_after(row.account, found.next_last_day)
    end = peace_of(row)
    # Money may still be taken back before its last day is over.
    return end if after == "kept" and end > now() else None


def _tell(row: Promise, before: str) -> None:
    kind = "reopened" if row.state == "open" else row.state
    record_event(f"promise.{kind}", account=row.account, before=before, **said_of(row))
    if row.state in NOT_KEPT and not Promise.objects.filter(account=row.account, state="open").exists():
        resume(row)
