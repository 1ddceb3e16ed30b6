"""Money paid beyond the debt: set against another account of the same person, kept as credit, or given back."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, User
from accounts.services import caller_of
from common.clock import now
from common.errors import Conflict, Forbidden, InvalidInput
from common.money import Money
from common.once import use_token
from payments.ledger import Line, post_entry
from payments.models import JournalEntry, LedgerAccount, Refund, SurplusDecision
from payments.services import settling
from payments.services.shares import surplus_of

Kind = LedgerAccount.Kind
ON_THE_WAY = ("requested", "approved", "sending", "pending", "unknown")


def free_surplus(account: Account) -> Money:
    """What nobody has promised away yet: the surplus less refunds on their way and moves that wait for a yes."""
    refunds = Refund.objects.filter(
        payment__account=account, purpose=Refund.Purpose.OVERPAYMENT, state__in=ON_THE_WAY, entry=None
    )
    moves = SurplusDecision.objects.filter(account=account, state="requested")
    promised = [rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0 for rows in (refunds, moves)]
    return Money(surplus_of(account).minor - sum(promised), account.currency)


@transaction.atomic
def request_move(
    account: Account, to_account: Account, *, amount: Money, reason: str, by: User, token: str = ""
) -> SurplusDecision | None:
    """Ask to set a surplus against another debt of the same person. None when the form came before."""
    account, to_account = _lock_both(account, to_account)
    if not use_token(caller_of(by), token):
        return None
    _refuse_target(account, to_account)
    _refuse_amount(account, amount, reason)
    if amount.minor > to_account.balance_minor:
        owed = to_account.balance
        raise InvalidInput(_("Only %(amount)s is owed on that account.") % {"amount": owed}, field="amount")
    return _asked(account, to_account, amount=amount, reason=reason, by=by)


def _asked(
    account: Account, to_account: Account | None, *, amount: Money, reason: str, by: User, state: str = "requested"
) -> SurplusDecision:
    if SurplusDecision.objects.filter(account=account, state="requested").exists():
        raise Conflict(_("Another use of this money waits for a decision. Decide that one first."))
    row = SurplusDecision.objects.create(
        account=account,
        to_account=to_account,
        state=state,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=reason.strip()[:200],
        requested_by=by,
        decided_at=now() if state == "done" else None,
    )
    _record("surplus.kept" if state == "done" else "surplus.requested", row, by=by, why=reason)
    return row


@transaction.atomic
def keep_as_credit(account: Account, *, reason: str, by: User, token: str = "") -> SurplusDecision | None:
    """Leave the surplus in suspense, knowingly. None when the form came before."""
    account = Account.objects.select_for_update().get(pk=account.pk)
    if not use_token(caller_of(by), token):
        return None
    free = free_surplus(account)
    _refuse_amount(account, free, reason)
    return _asked(account, None, amount=free, reason=reason, by=by, state="done")


@transaction.atomic
def decide_move(row: SurplusDecision, *, by: User, agree: bool, note: str = "") -> SurplusDecision:
    """The second person's decision; a yes posts it at once. The first one may only take it back."""
    account, to_account = _lock_both(row.account, row.to_account or row.account)
    row = SurplusDecision.objects.select_for_update().get(pk=row.pk)
    if row.state != "requested":
        raise Conflict(_("This was decided already. Reload the page."), state=row.state)
    if agree and by.pk == row.requested_by_id:
        raise Forbidden(_("You asked for this, so somebody else has to agree to it."))
    if not agree and not note.strip():
        raise InvalidInput(_("Say why, in a few words."), field="note")
    row.decided_by, row.decided_at, row.decision = by, now(), note.strip()[:200]
    row.state = "done" if agree else "rejected"
    row.entry = _post(row, account, to_account) if agree else None
    row.save()
    _record("surplus.moved" if agree else "surplus.rejected", row, by=by, why=note)
    return row


def _post(row: SurplusDecision, account: Account, to_account: Account) -> JournalEntry:
    minor = row.amount_minor
    if surplus_of(account).minor < minor or to_account.balance_minor < minor:
        raise Conflict(_("Things have changed: so much is not there, or not owed, any more. Turn it down."))
    shares, _left = settling.allocate(to_account, minor)
    entry, _is_new = post_entry(
        "surplus_moved",
        idempotency_key=f"surplus:{row.pk}",
        creditor_id=account.creditor_id,
        currency=row.currency,
        effective_at=now(),
        lines=[
            Line(Kind.SUSPENSE, minor, account=account),
            *(Line(Kind.RECEIVABLE, -share, account=to_account, component=name) for name, share in shares.items()),
            Line(Kind.PLACED, minor),
            Line(Kind.PAYABLE, -minor),
        ],
        allocation=shares,
        surplus=row.reference,
    )
    to_account.refresh_from_db()
    settling.credit_instalments(to_account, minor, None)
    settling.update_account(to_account, paid_at=now())
    return entry


def _lock_both(account: Account, to_account: Account) -> tuple[Account, Account]:
    """In the order of their ids, as the ledger does."""
    rows = Account.objects.select_for_update().filter(pk__in=[account.pk, to_account.pk]).order_by("pk")
    locked = {row.pk: row for row in rows}
    return locked[account.pk], locked[to_account.pk]


def _refuse_target(account: Account, to_account: Account) -> None:
    same = (account.debtor_id, account.creditor_id, account.currency)
    if account.pk == to_account.pk or same != (to_account.debtor_id, to_account.creditor_id, to_account.currency):
        raise InvalidInput(_("Choose another account of the same person, creditor and currency."), field="to_account")


def _refuse_amount(account: Account, amount: Money, reason: str) -> None:
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    free = free_surplus(account)
    if amount.currency != account.currency or not 0 < amount.minor <= free.minor:
        raise InvalidInput(_("There are %(amount)s to decide about.") % {"amount": free}, field="amount")


def _record(kind: str, row: SurplusDecision, *, by: User, why: str) -> None:
    record_event(
        kind,
        account=row.account,
        actor=by,
        source="user",
        surplus=row.reference,
        amount_minor=row.amount_minor,
        currency=row.currency,
        to=row.to_account.reference if row.to_account else "",
        why=why,
    )
