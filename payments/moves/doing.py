"""Carrying a move out, and taking one back. The caller holds the account's lock and has checked that it may be done."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.events import record_event
from accounts.models import Account
from common.clock import now
from payments.accrual.allocation import COMPONENT_ORDER
from payments.accrual.rules import LIVE_PLANS
from payments.ledger.leaving import post_leaving, post_returning
from payments.models import AccountMove, Attempt, Plan, Promise
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.moves.table import MOVES, MoveRule, book_of, rule_of
from payments.plans import cancel_plan
from payments.promises.quiet import leave_in_peace
from payments.promises.taking import withdraw_promise
from payments.services.agreements import NOT_COLLECTED, end_agreements
from payments.services.ending import drop_queued_debits
from payments.services.recovering import left_of, take
from payments.services.reversing import reopen
from payments.signals import account_ended

Kind = AccountMove.Kind
OPENED_AGAIN = "Opened again: a person looks at it first."
PEACE_DAYS = 1
UNDER_WAY = Q(payment__isnull=False, state__in=OPEN_ATTEMPT_STATES)


def carry_out(move: AccountMove, account: Account) -> None:
    """Books, state, what is queued and the record, in this order; `move` is saved."""
    move.account = account
    move.state, move.decided_at = "done", move.decided_at or now()
    move.before = account.status
    if move.undoes:
        _take_back(move, account)
    else:
        _leave(move, account)
    move.settled_at = None if under_way(account) else now()
    move.save()
    _tell(move, rule_of(move), account)


def under_way(account: Account) -> bool:
    """Whether a payment is at a wallet now: it is not recalled, its outcome is awaited."""
    return Attempt.objects.filter(UNDER_WAY, payment__account=account).exists()


def _leave(move: AccountMove, account: Account) -> None:
    book = book_of(move)
    owed = {part: minor for part in COMPONENT_ORDER if (minor := getattr(account, f"{part}_minor")) > 0}
    if move.wanted_minor is not None:
        owed = take(owed, move.wanted_minor)
    if book and owed:
        move.shares, move.amount_minor = owed, sum(owed.values())
        move.entry = post_leaving(account, owed, book=book, move=move.pk)
        account.refresh_from_db()
    if move.kind == Kind.WRITE_OFF and move.wanted_minor is not None:
        return
    _become(account, MOVES[move.kind].target)
    stop_everything(account)


def stop_everything(account: Account) -> None:
    """Nothing of ours goes out any more; what is at a wallet already is awaited. Runs in the caller's transaction."""
    drop_queued_debits(account, reason="account_not_open")
    for plan in Plan.objects.filter(account=account, state__in=[*LIVE_PLANS, "proposed"]):
        cancel_plan(plan, reason=NOT_COLLECTED)
    for promise in Promise.objects.filter(account=account, state="open"):
        withdraw_promise(promise, reason=NOT_COLLECTED, by=None, source="system")
    end_agreements(account, reason=NOT_COLLECTED)
    account.refresh_from_db()
    account_ended.send(sender=Account, account=account)


def _take_back(undo: AccountMove, account: Account) -> None:
    """What was stopped stays stopped: the schedule goes on from the day after, with what is due then."""
    assert undo.undoes is not None  # noqa: S101 - what is undone is named, the database keeps it so
    move = AccountMove.objects.select_for_update().get(pk=undo.undoes.pk)
    left = {part: minor for part, minor in left_of([move]).get(move.pk, {}).items() if minor > 0}
    if left:
        undo.shares, undo.amount_minor = left, sum(left.values())
        undo.entry = post_returning(account, left, book=book_of(move), move=move.pk)
        account.refresh_from_db()
    move.state = "undone"
    move.save(update_fields=["state"])
    if move.kind == Kind.WRITE_OFF and move.wanted_minor is not None:
        after = "open" if account.status == "paid" and account.balance_minor > 0 else account.status
    else:
        after = move.before
    _become(account, "paid" if after == "open" and account.balance_minor <= 0 else after)
    if account.status in ("paid", "settled") and account.balance_minor > 0:
        # A payment was taken back meanwhile: it is owed again, or given up as before.
        _become(account, "paid")
        reopen(account)
    if account.status == "open" and undo.before != "open":
        leave_in_peace(account, until=_tomorrow(account), reason=OPENED_AGAIN)


def _become(account: Account, after: str) -> None:
    before = account.status
    if before == after:
        return
    account.status = after
    account.save(update_fields=["status"])
    record_event("account.status_changed", account=account, before=before, after=after)


def _tomorrow(account: Account) -> datetime:
    """The second midnight from now where the person lives: a whole day in which nothing is sent."""
    zone = ZoneInfo(account.debtor.time_zone or "UTC")
    return datetime.combine(now().astimezone(zone).date() + timedelta(days=1 + PEACE_DAYS), time.min, zone)


def _tell(move: AccountMove, rule: MoveRule, account: Account) -> None:
    record_event(
        rule.undone_event if move.undoes else rule.event,
        account=account,
        actor=move.decided_by or move.asked_by,
        source=move.source,
        move=move.reference,
        closed_as=move.why,
        agency=move.agency.name if move.agency else "",
        amount_minor=move.amount_minor,
        currency=move.currency,
        why=move.reason,
        awaits=move.settled_at is None,
    )


def settle_moves(batch: int = 500) -> int:
    """Moves after which a payment was still under way, and is not any more; how many. Safe to run twice at once."""
    still = Attempt.objects.filter(UNDER_WAY).values("payment__account")
    rows = AccountMove.objects.filter(state="done", settled_at=None).exclude(account__in=still).order_by("pk")[:batch]
    count = 0
    for row in rows.select_related("account"):
        if AccountMove.objects.filter(pk=row.pk, settled_at=None).update(settled_at=now()):
            count += 1
            record_event("account.move_settled", account=row.account, move=row.reference)
    return count
