"""From a reminder by voice to a call somebody made: the gate is asked when the task is made and when it is dialled."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, User
from accounts.services import add_note, caller_of, place_hold
from common.clock import now
from common.errors import Conflict, InvalidInput
from common.once import use_token
from compliance import contact_ledger
from compliance.facts import zones_of
from compliance.gate import EVERY_CHANNEL, Verdict
from compliance.selectors import DEFAULT_PURPOSE, usable_contact_point
from compliance.services import decide, lock_debtor, release
from payments.disputes.opening import Telling, open_dispute
from payments.models import DebtDispute
from reminders.calls.outcomes import OUTCOMES, Outcome
from reminders.calls.queueing import PATIENCE
from reminders.calls.script import script_of
from reminders.dispatch.outcome import fall_back
from reminders.heeding import (
    CALL_LATER,
    LONGEST_PROMISE,
    SAYS_PAID,
    TIME_TO_ARRIVE,
    leave_in_peace,
    note_promise,
    set_aside,
)
from reminders.models import CallTask, Message
from reminders.opt_out import withdraw_consent
from reminders.switches import switches

CHANNEL = "voice"
TRIES = 3
NEXT_TRY = timedelta(hours=24)
LEASE = timedelta(minutes=30)
PEACE_UNTIL_THE_DAY = {"later": CALL_LATER}


@transaction.atomic
def start_call(task: CallTask, *, by: User) -> CallTask:
    """The agent is about to dial: the gate decides with fresh facts, and the attempt is counted whatever comes of it.

    Where it says no the task waits or ends, with its words in `reason`: look at the state. Raises Conflict when calls
    are switched off, when the packs forbid what our script says, or when the task is in other hands.
    """
    lock_debtor(task.debtor_id)
    row = _locked(task)
    if row.state == "calling" and row.agent_id == by.pk:
        return row
    if row.state != "waiting":
        raise Conflict(_("This call is in other hands, or over."))
    point = usable_contact_point(row.account, channel=CHANNEL)
    _check_switches(row)
    if refused := script_of(row, caller=by).refused:
        raise Conflict(_("These words may not be said here: %(why)s") % {"why": " ".join(refused)})
    row.tries += 1
    decided = decide(row.account, channel=CHANNEL, purpose=row.purpose, contact_point=point, source=_source(row))
    if not decided.verdict.may_go:
        _may_not(row, decided.verdict)
        return row
    row.state, row.agent, row.called_at, row.contact_point = "calling", by, now(), point
    row.reserved_on = decided.reserved_day
    row.reason = ""
    row.save()
    record_event("call.started", account=row.account, actor=by, source="staff", call=row.pk, channel=CHANNEL)
    return row


@transaction.atomic
def call_now(account: Account, *, by: User) -> CallTask:
    """A call an agent decides on: the task that is there already, or a new one, begun if the gate allows."""
    lock_debtor(account.debtor_id)
    rows = CallTask.objects.filter(account=account, state__in=["waiting", "calling"]).order_by("state", "pk")
    task = rows.first()
    if task is None:
        moment = now()
        task = CallTask.objects.create(
            account=account, debtor_id=account.debtor_id, purpose=DEFAULT_PURPOSE, not_before=moment,
            expires_at=moment + PATIENCE,
        )  # fmt: skip
        record_event("call.queued", account=account, actor=by, source="staff", call=task.pk, purpose=task.purpose)
    return start_call(task, by=by)


def _source(row: CallTask) -> str:
    """How the ledger of contacts knows this call's newest attempt."""
    return f"call:{row.pk}:{row.tries}"


def _check_switches(row: CallTask) -> None:
    asked_by = row.message or Message(account=row.account, channel=CHANNEL, purpose=row.purpose)
    if switches().stopping(asked_by) is not None:
        raise Conflict(_("Calls are switched off for now."))


def _may_not(row: CallTask, verdict: Verdict) -> None:
    """Written down, so that the queue shows why; the caller looks at the state."""
    row.tries -= 1
    row.reason = verdict.words[:200]
    if verdict.waits and verdict.until and verdict.until < row.expires_at:
        row.not_before = verdict.until
    else:
        _end(row, "cancelled", verdict.words)
    row.save()


@transaction.atomic
def put_back(task: CallTask, *, by: User) -> None:
    """Not dialled after all: the attempt is given back to the person's caps."""
    lock_debtor(task.debtor_id)
    row = _locked(task)
    if row.state != "calling" or row.agent_id != by.pk:
        raise Conflict(_("This call is in other hands, or over."))
    release(row.debtor_id, day=row.reserved_on, channel=CHANNEL, source=_source(row))
    row.state, row.agent, row.called_at, row.reserved_on = "waiting", None, None, None
    row.tries = max(0, row.tries - 1)
    row.save()
    record_event("call.put_back", account=row.account, actor=by, source="staff", call=row.pk, channel=CHANNEL)


@transaction.atomic
def end_call(
    task: CallTask, *, outcome: str, by: User, day: date | None = None, note: str = "", token: str = ""
) -> CallTask:
    """What became of the call, once. Raises InvalidInput when a day is missing or senseless."""
    what = OUTCOMES.get(outcome)
    if what is None:
        raise InvalidInput(_("Choose how the call ended."), field="outcome")
    lock_debtor(task.debtor_id)
    row = _locked(task)
    if not use_token(caller_of(by), token):
        return row
    if row.state != "calling" or row.agent_id != by.pk:
        raise Conflict(_("This call is in other hands, or over."))
    _check_day(what, row, day)
    if note.strip():
        add_note(row.account, author=by, text=note)
    row.seconds = max(0, int((now() - row.called_at).total_seconds())) if row.called_at else 0
    _follow(row, outcome, what, by=by, day=day, note=note)
    row.outcome, row.ended_at = outcome, now()
    row.save()
    contact_ledger.settle(_source(row), *what.tags)
    if what.reached:
        Account.objects.filter(pk=row.account_id).update(last_contact_at=row.ended_at)
    record_event(
        "call.ended", account=row.account, actor=by, source="staff", call=row.pk, channel=CHANNEL, reason=outcome,
        reached=what.reached, seconds=row.seconds,
    )  # fmt: skip
    return row


def _check_day(what: Outcome, row: CallTask, day: date | None) -> None:
    if not what.asks:
        return
    today = _local_today(row)
    if day is None or not today <= day <= today + LONGEST_PROMISE:
        raise InvalidInput(_("Name a day from today to a month ahead."), field="day")


def _follow(row: CallTask, outcome: str, what: Outcome, *, by: User, day: date | None, note: str) -> None:
    if what.hold == "dispute":
        open_dispute(row.account, Telling(DebtDispute.Reason.OTHER, note), via=DebtDispute.Via.PHONE, by=by)
    elif what.hold:
        place_hold(row.account, kind=what.hold, reason=f"said on the phone: {outcome}", by=None, source="debtor")
    if outcome == "stop":
        withdraw_consent(row.debtor, channel=EVERY_CHANNEL, source="phone", evidence={"call": row.pk})
    if outcome == "wrong_number" and row.contact_point is not None:
        set_aside(row.contact_point, account=row.account)
    if outcome == "promise" and day is not None:
        note_promise(row.account, day, until=_end_of(row, day), source="call", by=by)
    elif outcome in PEACE_UNTIL_THE_DAY and day is not None:
        leave_in_peace(row.account_id, until=_end_of(row, day), reason=PEACE_UNTIL_THE_DAY[outcome])
    if outcome == "paid":
        leave_in_peace(row.account_id, until=now() + TIME_TO_ARRIVE, reason=SAYS_PAID)
    if outcome == "promise" and day is not None:
        record_event("promise.heard", account=row.account, actor=by, source="debtor", due_on=day.isoformat())
    if what.again and row.tries < TRIES and now() + NEXT_TRY < row.expires_at:
        row.state, row.agent, row.not_before = "waiting", None, now() + NEXT_TRY
        return
    _end(row, "done", outcome, reached=what.reached)


def _end(row: CallTask, state: str, reason: str, *, reached: bool = False) -> None:
    """The task is over; a reminder that reached nobody goes on by the next channel of its step."""
    row.state, row.ended_at = state, now()
    message = Message.objects.select_for_update().filter(call=row, state="sent").first()
    if message is None:
        return
    message.state = "delivered" if reached else "failed"
    message.reason = "" if reached else reason[:200]
    message.save(update_fields=["state", "reason"])
    if not reached:
        fall_back(message)


def _zone(row: CallTask) -> ZoneInfo:
    zones = zones_of(row.debtor)
    return ZoneInfo(zones[0] if zones else "UTC")


def _local_today(row: CallTask) -> date:
    return now().astimezone(_zone(row)).date()


def _end_of(row: CallTask, day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, _zone(row))


def _locked(task: CallTask) -> CallTask:
    rows = CallTask.objects.select_for_update(of=("self",)).select_related("account__creditor", "account__debtor")
    return rows.select_related("debtor__creditor", "contact_point", "message__account").get(pk=task.pk)


def sweep_calls() -> int:
    """Tasks nobody got to end; those left open by an agent come back as an attempt without an answer."""
    moment = now()
    over = list(CallTask.objects.filter(state="waiting", expires_at__lte=moment)[:200])
    left = list(CallTask.objects.filter(state="calling", called_at__lte=moment - LEASE)[:200])
    for task in [*over, *left]:
        _sweep_one(task, moment)
    return len(over) + len(left)


@transaction.atomic
def _sweep_one(task: CallTask, moment: datetime) -> None:
    lock_debtor(task.debtor_id)
    row = _locked(task)
    if row.state == "waiting" and row.expires_at <= moment:
        _end(row, "cancelled", "Nobody got to this call in time.")
    elif row.state == "calling" and row.called_at and row.called_at <= moment - LEASE:
        row.state, row.agent, row.not_before, row.outcome = "waiting", None, moment + NEXT_TRY, "left_open"
    row.save()
