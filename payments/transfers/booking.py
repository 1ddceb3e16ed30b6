"""What each agreed step does to the ledger. The caller holds the locks: accounts, payment, transfer.

Money nobody can place lies on the trust account and, against it, in suspense, in the house's books: it has no creditor
yet. Each entry's key names the step that posted it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import Account
from common.clock import now
from common.errors import Conflict
from payments.ledger import Line, post_entry, reverse_entry
from payments.models import BankTransfer, JournalEntry, LedgerAccount, Payment, TransferStep
from payments.reconciliation.holding import house
from payments.services import settling
from payments.services.shares import OWN_BANK
from payments.services.transfers import MISPLACED, RECALLED, post_received, take_back_received

Kind = LedgerAccount.Kind
Action = TransferStep.Action
NOON = time(12)
HELD, OWED_BACK, SENT_BACK = "transfer_held", "transfer_owed_back", "refund_transfer"


def post_step(row: BankTransfer, step: TransferStep) -> str:
    """Post it; the state the transfer has then. Sets the transfer's account, payment and entry, unsaved."""
    return _POST[Action(step.action)](row, step)


def counts_from(day: date, account: Account | None = None) -> datetime:
    """Noon of the value date where the debtor lives, so that it is that day for them; never later than now."""
    zone = ZoneInfo(account.debtor.time_zone or "UTC") if account else UTC
    return min(datetime.combine(day, NOON, zone), now())


def _receive(row: BankTransfer, step: TransferStep) -> str:
    return _pay(row, step) if step.account else _hold(row, step, counts_from(row.value_date))


def _hold(row: BankTransfer, step: TransferStep, at: datetime) -> str:
    row.account = row.payment = None
    lines = [Line(Kind.TRUST, row.amount_minor), Line(Kind.SUSPENSE, -row.amount_minor, qualifier=OWN_BANK)]
    row.entry = step.entry = _post(HELD, row, step, lines, at)
    return "suspense"


def _pay(row: BankTransfer, step: TransferStep) -> str:
    account = step.account
    assert account is not None  # noqa: S101 - asked for with an account
    payment = post_received(
        account,
        row.amount,
        key=_key(step),
        received_at=counts_from(row.value_date, account),
        bank_reference=row.bank_reference,
        by=step.decided_by,
        transfer=row.reference,
    )
    row.account, row.payment, row.entry, step.entry = account, payment, None, payment.entry
    settling.announce(payment)
    return "placed"


def _place(row: BankTransfer, step: TransferStep) -> str:
    _let_go(row)
    return _pay(row, step)


def _let_go(row: BankTransfer) -> JournalEntry:
    if row.entry is None:
        raise Conflict(_("This is settled already. Reload the page and look at it again."))
    return reverse_entry(row.entry, effective_at=now(), transfer=row.reference)[0]


def _unplace(row: BankTransfer, step: TransferStep) -> str:
    """The money stays with us: from the creditor's books back to the house's, in suspense."""
    _take_back(row, step, MISPLACED)
    return _hold(row, step, now())


def _take_back(row: BankTransfer, step: TransferStep, kind: str) -> JournalEntry:
    if row.payment is None or step.decided_by is None:
        raise Conflict(_("This is settled already. Reload the page and look at it again."))
    return take_back_received(row.payment, kind=kind, by=step.decided_by, transfer=row.reference, why=step.reason)


def _recall(row: BankTransfer, step: TransferStep) -> str:
    step.entry = _take_back(row, step, RECALLED) if row.state == "placed" else _let_go(row)
    row.entry = None
    return "recalled"


def _owe_back(row: BankTransfer, step: TransferStep) -> str:
    """Out of suspense, and owed as a refund until our own transfer is made."""
    lines = [Line(Kind.SUSPENSE, row.amount_minor, qualifier=OWN_BANK), Line(Kind.REFUNDS, -row.amount_minor)]
    step.entry = _post(OWED_BACK, row, step, lines, now())
    return "to_return"


def _keep(row: BankTransfer, step: TransferStep) -> str:
    owed = row.steps.filter(action=Action.RETURN, state="agreed").order_by("-pk").first()
    if owed is None or owed.entry is None:
        raise Conflict(_("This is settled already. Reload the page and look at it again."))
    step.entry = reverse_entry(owed.entry, effective_at=now(), transfer=row.reference)[0]
    return "suspense"


def _sent(row: BankTransfer, step: TransferStep) -> str:
    lines = [Line(Kind.REFUNDS, row.amount_minor), Line(Kind.TRUST, -row.amount_minor)]
    row.entry = step.entry = _post(SENT_BACK, row, step, lines, now())
    return "returned"


def _post(kind: str, row: BankTransfer, step: TransferStep, lines: Sequence[Line], at: datetime) -> JournalEntry:
    entry, _is_new = post_entry(
        kind,
        idempotency_key=_key(step),
        creditor_id=house().pk,
        currency=row.currency,
        effective_at=at,
        lines=lines,
        transfer=row.reference,
    )
    return entry


def _key(step: TransferStep) -> str:
    return f"bank_transfer:{step.transfer_id}:{step.pk}"


def payment_locked(row: BankTransfer) -> Payment | None:
    """The caller holds its account's lock."""
    if row.payment_id is None:
        return None
    payment = Payment.objects.select_for_update().get(pk=row.payment_id)
    payment.account = Account.objects.get(pk=payment.account_id)
    return payment


_POST: dict[Action, Callable[[BankTransfer, TransferStep], str]] = {
    Action.RECEIVE: _receive,
    Action.PLACE: _place,
    Action.UNPLACE: _unplace,
    Action.RETURN: _owe_back,
    Action.RECALL: _recall,
    Action.SENT: _sent,
    Action.KEEP: _keep,
}
