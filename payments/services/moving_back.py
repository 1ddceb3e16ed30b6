"""Posting what leaves an attempt's money, and what returns to it. The caller holds account, payment and attempt."""

from __future__ import annotations

from typing import Any

from common.clock import now
from payments.ledger import Line, post_entry
from payments.models import Attempt, JournalEntry, LedgerAccount
from payments.services import settling
from payments.services.reversing import reopen, uncredit
from payments.services.shares import lines_out, owed_again, standing_of

Kind = LedgerAccount.Kind


def post_out(
    kind: str, attempt: Attempt, minor: int, *, key: str, reason: str, by_transfer: bool = False, **data: Any
) -> JournalEntry:
    """Post `minor` out of the attempt's money, once per key; the debt, the account and its plan follow."""
    account = attempt.payment.account
    lines = lines_out(account, standing_of(attempt), minor, provider_key=attempt.provider.key, by_transfer=by_transfer)
    entry, is_new = post_entry(
        kind,
        idempotency_key=key,
        creditor_id=account.creditor_id,
        currency=attempt.currency,
        effective_at=now(),
        lines=lines,
        attempt=attempt.pk,
        payment=attempt.payment.reference,
        **data,
    )
    if is_new:
        account.refresh_from_db()
        reopen(account)
        uncredit(account, owed_again(lines), attempt.payment.instalment, reason=reason)
    return entry


def post_back(
    kind: str, attempt: Attempt, minor: int, *, key: str, place: str = Kind.CLEARING, **data: Any
) -> JournalEntry:
    """Post `minor` that came back to us, once per key: against what is owed now, the rest as surplus. `place`: where
    it is; the refunds when a transfer is not made after all."""
    account = attempt.payment.account
    shares, _surplus = settling.allocate(account, minor)
    lines = settling.payment_lines(account, minor=minor, provider_key=attempt.provider.key)
    entry, is_new = post_entry(
        kind,
        idempotency_key=key,
        creditor_id=account.creditor_id,
        currency=attempt.currency,
        effective_at=now(),
        lines=lines if place == Kind.CLEARING else [_at(place, line) for line in lines],
        attempt=attempt.pk,
        payment=attempt.payment.reference,
        **data,
    )
    if is_new:
        account.refresh_from_db()
        settling.credit_instalments(account, sum(shares.values()), attempt.payment.instalment)
        settling.update_account(account, paid_at=account.last_payment_at or now())
    return entry


def post_transfer(attempt: Attempt, minor: int, *, key: str, **data: Any) -> JournalEntry:
    """What was owed as a refund has left our bank account."""
    entry, _is_new = post_entry(
        "refund_transfer",
        idempotency_key=key,
        creditor_id=attempt.payment.account.creditor_id,
        currency=attempt.currency,
        effective_at=now(),
        lines=[Line(Kind.REFUNDS, minor), Line(Kind.TRUST, -minor)],
        attempt=attempt.pk,
        payment=attempt.payment.reference,
        **data,
    )
    return entry


def _at(place: str, line: Line) -> Line:
    return Line(place, line.minor) if line.kind == Kind.CLEARING else line
