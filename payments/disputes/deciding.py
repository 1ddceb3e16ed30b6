"""A dispute is decided: the words to the person, the correction in the ledger, and when the hold ends.

The hold outlives the decision until its answer has reached the person (`release`, asked by whoever sends it).
A correction that moves much money, and a closing above the limit, wait for a second person first
(`payments.accrual.correcting`, `payments.moves`): until then nothing is told, and nothing is lifted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import may
from accounts.services import caller_of
from common.clock import now, today
from common.errors import Conflict, Forbidden, InvalidInput
from common.once import use_token
from compliance.services import lock_debtor
from payments.accrual.correcting import record_fact
from payments.disputes.opening import LONGEST, check_running, lift, locked, move, tell
from payments.models import AccountFact, AccountMove, DebtDispute
from payments.moves.asking import ask_move
from payments.signals import dispute_moved

Outcome = DebtDispute.Outcome


@dataclass(frozen=True, slots=True)
class Waived:
    """What is taken off the debt: of which part, how much, and from which day it was wrong."""

    component: str
    minor: int
    on: date


@dataclass(frozen=True, slots=True)
class Decision:
    """`answer` is read by the person, `why` stays on the record. `closes`: nothing of it is collected any more."""

    outcome: str
    answer: str
    why: str
    waived: Waived | None = None
    closes: bool = False


@transaction.atomic
def decide(dispute: DebtDispute, said: Decision, *, by: User, token: str = "") -> DebtDispute:
    """Raises InvalidInput with the field to change, Forbidden for what somebody else has to decide."""
    _check(said, by)
    lock_debtor(dispute.account.debtor_id)
    row = locked(dispute)
    if not use_token(caller_of(by), token):
        return row
    check_running(row)
    if row.state == "deciding":
        raise Conflict(_("A second person has to agree first. That is decided before anything else here."))
    _check_other_eyes(row, said, by)
    row.outcome, row.answer, row.why = said.outcome, said.answer.strip(), said.why.strip()[:200]
    row.decided_by, row.decided_at, row.closes = by, now(), said.closes
    row.owner, row.asked_at = row.owner or by, None
    if said.waived is not None:
        row.correction = _correct(row, said.waived, by=by)
    if said.closes:
        row.closing = _close(row, by=by)
    if _waits(row):
        move(row, "deciding")
        row.save()
        dispute_moved.send(DebtDispute, dispute=row, step="deciding")
        tell("dispute.deciding", row, by=by, outcome=row.outcome, closes=row.closes)
        return row
    _finish(row, by=by)
    return row


def _waits(row: DebtDispute) -> bool:
    """Whether a second person has to agree to what goes with it."""
    correction, closing = row.correction, row.closing
    return (correction is not None and correction.state == "requested") or (
        closing is not None and closing.state == "asked"
    )


def _check(said: Decision, by: User) -> None:
    if said.outcome not in (Outcome.UPHELD, Outcome.PARTLY, Outcome.REJECTED):
        raise InvalidInput(_("Choose how you decided."), field="outcome")
    if not said.answer.strip() or len(said.answer) > LONGEST:
        raise InvalidInput(_("Write the answer, in up to 4,000 characters."), field="answer")
    if not said.why.strip():
        raise InvalidInput(_("Say why, in a few words."), field="why")
    if said.outcome == Outcome.REJECTED and (said.waived or said.closes):
        raise InvalidInput(_("Who is not right gets no correction. Choose another decision."), field="outcome")
    if said.outcome == Outcome.PARTLY and not said.waived:
        raise InvalidInput(_("Say which part is taken off."), field="component")
    if said.outcome == Outcome.PARTLY and said.closes:
        raise InvalidInput(_("Only who is wholly right has the account closed."), field="closes")
    if said.waived is not None and said.closes:
        raise InvalidInput(_("Closing the account takes all of it off: leave the amount empty."), field="closes")
    if said.waived is not None and said.waived.on > today():
        raise InvalidInput(_("This day has not come yet."), field="on")
    if (said.outcome == Outcome.REJECTED or said.closes) and not may(by, "decide_disputes"):
        raise Forbidden(_("Turning a dispute down and closing an account are decided by a team lead."))


def _check_other_eyes(row: DebtDispute, said: Decision, by: User) -> None:
    """Who says it again after a refusal is heard by somebody else."""
    before = DebtDispute.objects.filter(account_id=row.account_id, outcome="rejected", decided_by=by)
    if said.outcome == Outcome.REJECTED and before.exclude(pk=row.pk).exists():
        raise Forbidden(_("You turned this person down before. Somebody else decides this time."))


def _correct(row: DebtDispute, waived: Waived, *, by: User) -> AccountFact:
    owed = getattr(row.account, f"{waived.component}_minor", 0)
    if not 0 < waived.minor <= owed:
        raise InvalidInput(_("Of this part so much is not owed."), field="amount")
    found = record_fact(
        row.account, AccountFact.Kind.WAIVER, on=waived.on, reason=f"{row.number}: {row.why}"[:200], by=by,
        component=waived.component, amount_minor=waived.minor,
    )  # fmt: skip
    if found is None:
        raise Conflict(_("This has been decided meanwhile. Look at the page again."))
    return found[0]


def _finish(row: DebtDispute, *, by: User) -> None:
    move(row, "decided")
    row.save()
    late = row.decided_at is not None and row.decided_at > row.answer_by
    tell("dispute.decided", row, by=by, outcome=row.outcome, why=row.why, late=late, closes=row.closes)
    dispute_moved.send(DebtDispute, dispute=row, step="decided")


def _close(row: DebtDispute, *, by: User) -> AccountMove:
    """By the door of all ends, which has its own limits, its own second person and its own way back."""
    theirs = row.reason in (DebtDispute.Reason.NOT_MINE, DebtDispute.Reason.IDENTITY_THEFT)
    return ask_move(
        row.account, AccountMove.Kind.CLOSE, why="not_theirs" if theirs else "uncollectable", by=by,
        reason=f"{row.number}: {row.why}"[:200], request_key=f"dispute:{row.pk}:{row.decided_at}",
    )  # fmt: skip


@transaction.atomic
def follow_second_person(waiting: DebtDispute, *, agreed: bool, by: User | None, note: str) -> None:
    """What goes with a decision was agreed to: it stands. Else the dispute is looked into again."""
    row = locked(waiting)
    if row.state != "deciding" or row.decided_by is None:
        return
    if agreed:
        _finish(row, by=row.decided_by)
        return
    move(row, "investigating")
    row.outcome, row.answer, row.decided_by, row.decided_at, row.closes = "", "", None, None, False
    row.correction = row.closing = None
    row.save()
    tell("dispute.sent_back", row, by=by, why=note)


@transaction.atomic
def release(dispute: DebtDispute) -> bool:
    """The answer has reached the person: what the hold stopped may happen again. False when that was done before."""
    row = locked(dispute)
    if row.state != "decided" or row.released_at is not None:
        return False
    lift(row, by=row.decided_by)
    tell("dispute.answered", row, by=row.decided_by, outcome=row.outcome)
    return True


def unanswered(limit: int = 500) -> list[DebtDispute]:
    """Decided, and the hold still waits for the answer to arrive; the oldest first."""
    rows = DebtDispute.objects.filter(state="decided", released_at=None).select_related("account__debtor")
    return list(rows.order_by("id")[:limit])
