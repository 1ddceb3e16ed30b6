"""A statement is given, a wish chosen, a decision made, a day of review kept; each step once, with its event.

While a statement waits, a hold protects the person. No pause ends by itself: on its day somebody looks.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.hardship.household import ALL_PAUSES, Household
from accounts.models import Account, HardshipCase, HardshipStatement, Hold, User
from accounts.models.hardship import CASE_STATES, RUNNING
from accounts.roles import may
from accounts.services import caller_of, end_hold, place_hold
from common.clock import now, today
from common.errors import Conflict, Forbidden, InvalidInput
from common.once import use_token

KIND = Hold.Kind.HARDSHIP.value
LONGEST_NOTE, LONGEST_REASON = 1000, 1000
KEPT = timedelta(days=730)
# House rules: how long a statement may wait for a person, and what an agent grants without a supervisor.
ANSWER_WITHIN = timedelta(days=7)
AGENT_PAUSE_DAYS = 30
PLAN_REVIEW = timedelta(days=180)
APPEAL = timedelta(days=365)
TOLD_US = "The person told us that paying is hard now."
Once = tuple[str, str]


@transaction.atomic
def give_statement(
    account: Account, household: Household, *, consent: str, note: str = "", by: User | None = None, once: Once | None
) -> HardshipCase | None:
    """The next version, a waiting case and its hold. None when this form came before. Call it under the locks."""
    if not consent.strip():
        raise InvalidInput(_("Tick the box if you agree. Without it we may not keep these numbers."), field="agreed")
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(_("Please keep it under 1,000 characters."), field="note")
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if once is not None and not use_token(*once):
        return None
    if locked.status != "open":
        raise Conflict(_("This account is not open. Nothing needs to be arranged here."))
    last = HardshipStatement.objects.filter(account=locked).order_by("-version").first()
    statement = HardshipStatement.objects.create(
        account=locked, version=(last.version if last else 0) + 1, currency=locked.currency,
        source="phone" if by else "page", given_by=by, figures=household.as_text(), note=note.strip(),
        consent=consent, keep_until=today() + KEPT,
    )  # fmt: skip
    case = running_case(locked) or HardshipCase(account=locked, debtor_id=locked.debtor_id)
    if case.state == "granted":
        _move(case, "waiting")
    case.statement, case.hold, case.waiting_since = statement, _protect(locked), now()
    case.wish, case.wish_days, case.wish_minor, case.owner = "", 0, 0, by or case.owner
    case.save()
    _tell("hardship.told", case, by=by, version=statement.version, via=statement.source)
    return case


def running_case(account: Account) -> HardshipCase | None:
    return HardshipCase.objects.filter(account=account, state__in=RUNNING).select_related("hold", "statement").first()


def last_case(account: Account) -> HardshipCase | None:
    rows = HardshipCase.objects.filter(account=account).select_related("hold", "statement", "decided_by")
    return rows.order_by("-waiting_since", "-id").first()


def _protect(account: Account) -> Hold:
    """The hold that is there already, or a new one; somebody looks within the days of the house."""
    running = Q(ends_at=None) | Q(ends_at__gt=now())
    rows = Hold.objects.select_for_update().filter(
        running, debtor_id=account.debtor_id, kind=KIND, starts_at__lte=now()
    )
    hold = rows.filter(Q(account=account) | Q(account=None)).order_by("-starts_at").first()
    if hold is None:
        placed = place_hold(account, kind=KIND, reason=TOLD_US, by=None, source="debtor")
        hold = cast(Hold, placed)  # only a form of the staff can be a repeat
    _review(hold, today() + ANSWER_WITHIN)
    return hold


def _review(hold: Hold, day: date) -> None:
    hold.review_on, hold.ends_at = day, None
    hold.save(update_fields=["review_on", "ends_at"])


@transaction.atomic
def choose(
    case: HardshipCase, *, wish: str, days: int = 0, minor: int = 0, by: User | None = None, once: Once | None = None
) -> HardshipCase:
    """What the person would like. It can be changed until somebody has decided."""
    row = _locked(case)
    if once is not None and not use_token(*once):
        return row
    if row.state != "waiting":
        raise Conflict(_("Somebody has decided meanwhile. You see it on this page."))
    if not _is_a_wish(wish, days, minor, row.account.balance_minor):
        raise InvalidInput(_("Choose one of the ways on the page."), field="wish")
    row.wish, row.wish_days, row.wish_minor = wish, days, minor
    row.save(update_fields=["wish", "wish_days", "wish_minor"])
    _tell("hardship.chosen", row, by=by, wish=wish, days=days)
    return row


def _is_a_wish(wish: str, days: int, minor: int, owed: int) -> bool:
    return {"pause": days in ALL_PAUSES, "plan": 0 < minor <= owed, "person": True}.get(wish, False)


@transaction.atomic
def take(case: HardshipCase, *, owner: User | None, by: User) -> None:
    row = _locked(case)
    if row.owner_id != (owner.pk if owner else None):
        row.owner = owner
        row.save(update_fields=["owner"])
        _tell("hardship.assigned", row, by=by, owner=owner.pk if owner else None)


@transaction.atomic
def grant_pause(case: HardshipCase, *, days: int, reason: str, by: User, token: str = "") -> HardshipCase:
    """Peace until a day, on which somebody looks; also one more pause after another."""
    if days not in ALL_PAUSES:
        raise InvalidInput(_("Choose one of the pauses on the page."), field="days")
    if days > AGENT_PAUSE_DAYS and not may(by, "grant_long_pause"):
        raise Forbidden(_("A pause of more than 30 days is granted by a team lead."))
    row = _locked(case)
    if not use_token(caller_of(by), token):
        return row
    _check_decider(row, by)
    if row.state == "granted":  # a review that goes on in peace
        _move(row, "waiting")
    _decide(row, "granted", decision="pause", reason=reason, by=by, review_on=today() + timedelta(days=days))
    row.hold = _protect(row.account)
    _review(row.hold, today() + timedelta(days=days))
    row.save()
    _tell("hardship.granted", row, by=by, decision="pause", days=days, review_on=row.review_on)
    return row


@transaction.atomic
def grant_plan(case: HardshipCase, *, reason: str, by: User) -> HardshipCase:
    """The plan stands, made by the caller in this transaction: reminders of its dates may come again."""
    row = _locked(case)
    _check_decider(row, by)
    if row.state != "waiting" or row.wish != "plan":
        raise Conflict(_("They have not asked for smaller payments. Ask them first, and write it down."))
    _decide(row, "granted", decision="plan", reason=reason, by=by, review_on=today() + PLAN_REVIEW)
    _lift(row, by=by, why="Smaller payments were agreed.")
    row.save()
    _tell("hardship.granted", row, by=by, decision="plan", review_on=row.review_on)
    return row


@transaction.atomic
def refuse(case: HardshipCase, *, reason: str, by: User, token: str = "") -> HardshipCase:
    """With a reason that the person reads, and the way to somebody else's eyes."""
    if not may(by, "grant_long_pause"):
        raise Forbidden(_("Refusing is decided by a team lead."))
    if not reason.strip():
        raise InvalidInput(_("Say why: the person reads it."), field="reason")
    row = _locked(case)
    if not use_token(caller_of(by), token):
        return row
    _check_decider(row, by)
    _decide(row, "refused", decision="refused", reason=reason, by=by, review_on=None)
    _lift(row, by=by, why="The request was refused.")
    row.save()
    _tell("hardship.refused", row, by=by)
    return row


@transaction.atomic
def end_case(case: HardshipCase, *, reason: str, by: User, token: str = "") -> HardshipCase:
    """Looked at, and over: the hold of the case is lifted by this person, for this reason."""
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    row = _locked(case)
    if not use_token(caller_of(by), token):
        return row
    _move(row, "ended")
    row.reason, row.review_on = reason.strip()[:LONGEST_REASON], None
    _lift(row, by=by, why="The hardship was reviewed and is over.")
    row.save()
    _tell("hardship.ended", row, by=by)
    return row


def _decide(row: HardshipCase, state: str, *, decision: str, reason: str, by: User, review_on: date | None) -> None:
    _move(row, state)
    row.decision, row.reason, row.decided_by, row.decided_at = decision, reason.strip()[:LONGEST_REASON], by, now()
    row.review_on, row.owner = review_on, row.owner or by


def _check_decider(row: HardshipCase, by: User) -> None:
    """Who asks again after a refusal is read by somebody else."""
    refused = HardshipCase.objects.filter(account=row.account, state="refused", decided_by=by)
    if refused.filter(decided_at__gt=now() - APPEAL).exclude(pk=row.pk).exists():
        raise Forbidden(_("You refused this person before. Somebody else decides this time."))


def _lift(row: HardshipCase, *, by: User, why: str) -> None:
    if row.hold is None:
        return
    hold = Hold.objects.select_for_update().filter(pk=row.hold.pk, ends_at=None).first()
    if hold is not None:
        end_hold(hold, account=row.account, reason=why, by=by)


def _move(row: HardshipCase, state: str) -> None:
    if not CASE_STATES.allows(row.state, state):
        raise Conflict(_("This has been decided meanwhile. Look at the page again."))
    row.state = state


def _locked(case: HardshipCase) -> HardshipCase:
    Account.objects.select_for_update().get(pk=case.account_id)
    rows = HardshipCase.objects.select_for_update(of=("self",)).select_related("account__debtor", "hold", "statement")
    return rows.get(pk=case.pk)


def _tell(kind: str, row: HardshipCase, *, by: User | None, **data: Any) -> None:
    told: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, date) else value for name, value in data.items()
    }
    told["case"] = str(row.pk)
    record_event(kind, account=row.account, actor=by, source="staff" if by else "debtor", **told)
