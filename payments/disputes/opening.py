"""A dispute is opened, told more about, taken, asked about and taken back; each step once, with its event.

The hold begins in the transaction of the telling. Locks: the person (so that no message slips out), then the account
(so that no debit does).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, Hold, User
from accounts.models.debts import COMPONENTS
from accounts.services import caller_of, end_hold, place_hold
from common.clock import now, today
from common.errors import Conflict, InvalidInput
from common.once import use_token
from compliance.services import lock_debtor
from payments.disputes.clock import answer_by
from payments.models import DebtDispute, DisputeRemark
from payments.models.debt_disputes import DEBT_DISPUTE_STATES, RUNNING
from payments.services.ending import drop_queued_debits
from payments.services.locking import lock_account
from payments.signals import dispute_moved

KIND = Hold.Kind.DISPUTE.value
LONGEST = 4000
MOST_REMARKS = 40
Reason, Via, Item, Said = DebtDispute.Reason, DebtDispute.Via, DebtDispute.Item, DisputeRemark.Kind
WRITTEN = (Via.PAGE, Via.MESSAGE, Via.LETTER)
Once = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Telling:
    """`minor` and `on`: the amount and the day they named, of a payment that is missing or of a sum that is right."""

    reason: str
    text: str = ""
    component: str = ""
    minor: int = 0
    on: date | None = None

    @property
    def item(self) -> str:
        if self.reason == Reason.ALREADY_PAID:
            return Item.PAYMENT
        return Item.COMPONENT if self.component else Item.ACCOUNT


@transaction.atomic
def open_dispute(
    account: Account, told: Telling, *, via: str, by: User | None = None, once: Once | None = None
) -> tuple[DebtDispute, bool] | None:
    """The dispute, and whether it is new: what is told while one is running is added to it. None for a repeat."""
    _check(told, via)
    lock_debtor(account.debtor_id)
    account = lock_account(account.pk)
    if once is not None and not use_token(*once):
        return None
    if known := running_dispute(account):
        say(known, told.text, by=by)
        return known, False
    moment = now()
    rule, until = answer_by(account.debtor.country, moment)
    row = DebtDispute(
        account=account, item=told.item, component=told.component, claimed_minor=told.minor, claimed_on=told.on,
        reason=told.reason, via=via, in_writing=via in WRITTEN, opened_by=by, opened_at=moment, rule=rule,
        answer_by=until, owner=by,
    )  # fmt: skip
    row.hold = _hold(row, by=by)
    row.save()
    drop_queued_debits(account, reason="disputed")
    tell("dispute.raised", row, by=by, reason=told.reason, item=row.item, via=via, rule=rule)
    say(row, told.text, by=by)
    dispute_moved.send(DebtDispute, dispute=row, step="opened")
    return row, True


def _check(told: Telling, via: str) -> None:
    if told.reason not in Reason.values or via not in Via.values:
        raise InvalidInput(_("Choose what is wrong."), field="reason")
    if told.component and told.component not in COMPONENTS:
        raise InvalidInput(_("Choose a part of the debt."), field="component")
    if len(told.text) > LONGEST:
        raise InvalidInput(_("Please keep it under 4,000 characters."), field="text")
    if told.minor < 0:
        raise InvalidInput(_("The amount must be more than nothing."), field="amount")
    if told.on is not None and told.on > today():
        raise InvalidInput(_("This day has not come yet."), field="on")


def _hold(row: DebtDispute, *, by: User | None) -> Hold:
    """The one that is there already, or a new one; it ends with the dispute and not before."""
    hold = active_hold(row.account)
    if hold is None:
        source = "staff" if by else "debtor"
        hold = place_hold(row.account, kind=KIND, reason=f"said by the debtor: {row.reason}", by=None, source=source)
    assert hold is not None  # noqa: S101 - only a form of the staff can be a repeat
    hold.review_on, hold.ends_at = row.answer_by.date(), None
    hold.save(update_fields=["review_on", "ends_at"])
    return hold


def active_hold(account: Account) -> Hold | None:
    holds = Hold.objects.filter(account=account, kind=KIND, starts_at__lte=now())
    return holds.filter(Q(ends_at=None) | Q(ends_at__gt=now())).first()


def running_dispute(account: Account) -> DebtDispute | None:
    rows = DebtDispute.objects.filter(account=account, state__in=RUNNING)
    return rows.select_related("hold", "account__debtor").first()


def kept_for_dispute(hold: Hold) -> str:
    """Why it may not be ended by itself: the dispute is decided first, and its answer has to arrive."""
    row = DebtDispute.objects.filter(hold=hold, released_at=None).first() if hold.kind == KIND else None
    words = _("This hold belongs to dispute %(number)s and ends with its answer.")
    return words % {"number": row.number} if row else ""


def say(row: DebtDispute, text: str, *, by: User | None, kind: str = Said.SAID) -> DisputeRemark | None:
    """In the transaction of the caller. Words from the person end our waiting for them."""
    if not text.strip():
        return None
    remark = DisputeRemark.objects.create(dispute=row, kind=kind, text=text.strip()[:LONGEST], by=by)
    if kind == Said.SAID and row.asked_at is not None:
        row.asked_at = None
        row.save(update_fields=["asked_at"])
    tell("dispute.remark", row, by=by, what=kind)
    return remark


@transaction.atomic
def add_words(dispute: DebtDispute, text: str, *, by: User | None, note: bool = False, once: Once | None) -> None:
    """More from the person, or a note for ourselves."""
    if not text.strip() or len(text) > LONGEST:
        raise InvalidInput(_("Write something, in up to 4,000 characters."), field="text")
    row = locked(dispute)
    if once is not None and not use_token(*once):
        return
    check_running(row)
    if by is None and row.remarks.count() >= MOST_REMARKS:
        raise Conflict(_("There is enough written about this already. Write to us if something is still missing."))
    say(row, text, by=by, kind=Said.NOTED if note else Said.SAID)


@transaction.atomic
def take(dispute: DebtDispute, *, owner: User | None, by: User) -> None:
    row = locked(dispute)
    check_running(row)
    if row.owner_id == (owner.pk if owner else None):
        return
    row.owner = owner
    if owner is not None and row.state == "opened":
        move(row, "investigating")
    row.save()
    tell("dispute.assigned", row, by=by, owner=owner.pk if owner else None)


@transaction.atomic
def ask_for_more(dispute: DebtDispute, *, text: str, by: User, token: str = "") -> DebtDispute:
    """A question on their page, and by message as far as the gate lets it through while the account is held."""
    if not text.strip() or len(text) > LONGEST:
        raise InvalidInput(_("Write something, in up to 4,000 characters."), field="text")
    lock_debtor(dispute.account.debtor_id)
    row = locked(dispute)
    if not use_token(caller_of(by), token):
        return row
    check_running(row)
    if row.state == "opened":
        move(row, "investigating")
    remark = say(row, text, by=by, kind=Said.ASKED)
    row.asked_at, row.owner = now(), row.owner or by
    row.save()
    dispute_moved.send(DebtDispute, dispute=row, step="asked", remark=remark)
    return row


@transaction.atomic
def withdraw(dispute: DebtDispute, *, why: str, by: User | None, once: Once | None) -> DebtDispute:
    """The person took it back: the hold ends at once, as nothing is left to answer."""
    if not why.strip():
        raise InvalidInput(_("Say why, in a few words."), field="why")
    row = locked(dispute)
    if once is not None and not use_token(*once):
        return row
    check_running(row)
    if row.state == "deciding":
        raise Conflict(_("A second person has to agree first. That is decided before anything else here."))
    move(row, "decided")
    row.outcome, row.why, row.decided_by, row.decided_at = "withdrawn", why.strip()[:200], by, now()
    row.asked_at = None
    row.save()
    tell("dispute.withdrawn", row, by=by, why=row.why)
    lift(row, by=by)
    return row


def lift(row: DebtDispute, *, by: User | None) -> None:
    """The hold of the dispute ends, unless it has ended by another hand."""
    row.released_at = now()
    row.save(update_fields=["released_at"])
    hold = Hold.objects.select_for_update().filter(pk=row.hold_id or 0, ends_at=None).first()
    if hold is None:
        return
    if by is not None:
        end_hold(hold, account=row.account, reason=row.number, by=by, with_its_cause=True)
        return
    hold.ends_at = max(now(), hold.starts_at)
    hold.save(update_fields=["ends_at"])
    record_event("hold.ended", account=row.account, source="debtor", hold=hold.pk, hold_kind=hold.kind, why=row.number)


def check_running(row: DebtDispute) -> None:
    if not row.is_running:
        raise Conflict(_("This has been decided meanwhile. Look at the page again."))


def move(row: DebtDispute, state: str) -> None:
    if not DEBT_DISPUTE_STATES.allows(row.state, state):
        raise Conflict(_("This has been decided meanwhile. Look at the page again."))
    row.state = state


def locked(dispute: DebtDispute) -> DebtDispute:
    lock_account(dispute.account_id)
    rows = DebtDispute.objects.select_for_update(of=("self",)).select_related("account__debtor", "account__creditor")
    return rows.get(pk=dispute.pk)


def tell(kind: str, row: DebtDispute, *, by: User | None, source: str = "", **data: Any) -> None:
    told: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, date) else value for name, value in data.items()
    }
    record_event(
        kind, account=row.account, actor=by, source=source or ("staff" if by else "debtor"), dispute=str(row.pk),
        number=row.number, **told,
    )  # fmt: skip
