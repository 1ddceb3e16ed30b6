"""What a deposit does to the ledger besides the payment it was quoted for. The caller holds the attempt's locks.

Until a person has decided, its worth lies in suspense under the provider's name: it is nobody's surplus yet.
"""

from __future__ import annotations

from typing import Any

from accounts.events import record_event
from accounts.models import Account, User
from common.clock import now
from payments.ledger import Line, post_entry, reverse_entry
from payments.models import Deposit, JournalEntry, LedgerAccount, Payment
from payments.services import settling
from payments.services.reversing import TAKEN_BACK, reopen, rest_agreement, uncredit
from payments.signals import payment_taken_back, tell_after_commit

Kind = LedgerAccount.Kind


def hold_in_suspense(deposit: Deposit) -> None:
    """Sets `entry`, unsaved. Each booking of a deposit that came back to us has its own number."""
    deposit.bookings += 1
    worth = deposit.worth_minor or 0
    deposit.entry = _post(deposit, "deposit", f"hold:{deposit.bookings}", _held(deposit, worth))


def credit(deposit: Deposit, *, by: User | None) -> Payment:
    """The debt falls by what it can; what is left over is this person's surplus."""
    account, worth = deposit.address.attempt.payment.account, deposit.worth_minor or 0
    shares, surplus = settling.allocate(account, worth)
    lines = [
        *(Line(Kind.RECEIVABLE, -share, account=account, component=name) for name, share in shares.items()),
        Line(Kind.PLACED, worth - surplus),
        Line(Kind.PAYABLE, surplus - worth),
        Line(Kind.SUSPENSE, -surplus, account=account),
        Line(Kind.SUSPENSE, worth, qualifier=_provider(deposit)),
    ]
    entry = _post(deposit, "payment", f"credit:{deposit.bookings}", lines, allocation=shares, suspense=surplus)
    return _finish(deposit, account, entry, worth - surplus, by)


def post_return(deposit: Deposit) -> None:
    """The coins have gone back by hand: out of suspense, and out of the wallet."""
    worth = deposit.worth_minor or 0
    if deposit.entry:
        undone = [Line(line.kind, -line.minor, qualifier=line.qualifier) for line in _held(deposit, worth)]
        _post(deposit, "deposit_return", f"return:{deposit.bookings}", undone)


def undo(deposit: Deposit) -> None:
    """The chain took it back: whatever was posted for it is mirrored. Clears `entry` and `payment`, unsaved."""
    if deposit.payment:
        _reverse_payment(deposit, deposit.payment)
    if deposit.entry:
        reverse_entry(deposit.entry, effective_at=now(), deposit=deposit.reference)
    deposit.entry = deposit.payment = None


def _provider(deposit: Deposit) -> str:
    return deposit.address.attempt.provider.key


def _held(deposit: Deposit, worth: int) -> list[Line]:
    key = _provider(deposit)
    return [Line(Kind.CLEARING, worth, qualifier=key), Line(Kind.SUSPENSE, -worth, qualifier=key)]


def _post(deposit: Deposit, kind: str, step: str, lines: list[Line], **data: Any) -> JournalEntry:
    attempt = deposit.address.attempt
    entry, _is_new = post_entry(
        kind,
        idempotency_key=f"deposit:{deposit.pk}:{step}",
        creditor_id=attempt.payment.account.creditor_id,
        currency=attempt.currency,
        effective_at=deposit.block_at,
        lines=lines,
        deposit=deposit.reference,
        of_attempt=attempt.pk,
        **data,
    )
    return entry


def _finish(deposit: Deposit, account: Account, entry: JournalEntry, applied: int, by: User | None) -> Payment:
    attempt = deposit.address.attempt
    account.refresh_from_db()
    payment = Payment.objects.create(
        account=account,
        link=attempt.payment.link,
        state="succeeded",
        amount_minor=deposit.worth_minor or 0,
        currency=attempt.currency,
        source="deposit",
        entry=entry,
        finished_at=now(),
    )
    settling.credit_instalments(account, applied, attempt.payment.instalment)
    settling.update_account(account, paid_at=deposit.block_at)
    record_event(
        "payment.succeeded",
        account=account,
        actor=by,
        source="user",
        payment=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        provider=attempt.provider.key,
        by=payment.source,
        entry=entry.pk,
        balance_minor=account.balance_minor,
    )
    settling.announce(payment)
    return payment


def _reverse_payment(deposit: Deposit, payment: Payment) -> None:
    account, attempt = deposit.address.attempt.payment.account, deposit.address.attempt
    if payment.entry is None or payment.state != "succeeded":
        return
    reversal, _is_new = reverse_entry(payment.entry, effective_at=now(), deposit=deposit.reference)
    account.refresh_from_db()
    payment.state = "reversed"
    payment.save(update_fields=["state"])
    reopen(account)
    applied = sum(payment.entry.data.get("allocation", {}).values())
    uncredit(account, applied, attempt.payment.instalment, reason=TAKEN_BACK)
    record_event(
        "payment.reversed",
        account=account,
        payment=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        provider=attempt.provider.key,
        by=payment.source,
        entry=reversal.pk,
        balance_minor=account.balance_minor,
    )
    rest_agreement(attempt)
    # The person is told in terms of the payment they made: the credit was our own doing.
    occasion = f"entry:{reversal.pk}"
    tell_after_commit(payment_taken_back, Payment, payment=attempt.payment, amount=payment.amount, occasion=occasion)
