"""Posting what leaves the money of a payment, and what returns to it. The caller holds account, payment and attempt."""

from __future__ import annotations

from typing import Any

from common.clock import now
from payments.ledger import Line, post_entry
from payments.models import JournalEntry, LedgerAccount
from payments.services import settling
from payments.services.recovering import recover
from payments.services.reversing import reopen, uncredit
from payments.services.shares import Source, lines_out, names_of, owed_again, payment_of, place_of, standing_of

Kind = LedgerAccount.Kind


def post_out(
    kind: str, source: Source, minor: int, *, key: str, reason: str, by_transfer: bool = False, **data: Any
) -> JournalEntry:
    """Post `minor` out of the source's money, once per key; the debt, the account and its plan follow."""
    payment, standing = payment_of(source), standing_of(source)
    account = payment.account
    lines = lines_out(account, standing, minor, provider_key=place_of(source), by_transfer=by_transfer)
    entry, is_new = post_entry(
        kind,
        idempotency_key=key,
        creditor_id=account.creditor_id,
        currency=source.currency,
        effective_at=now(),
        lines=lines,
        **names_of(source),
        **data,
    )
    if is_new:
        account.refresh_from_db()
        reopen(account)
        uncredit(account, owed_again(lines), payment.instalment, reason=reason)
    return entry


def post_back(
    kind: str, source: Source, minor: int, *, key: str, place: str = Kind.CLEARING, **data: Any
) -> JournalEntry:
    """Post `minor` that came back to us, once per key: against what is owed now, the rest as surplus. `place`: where
    it is; the refunds when a transfer is not made after all."""
    payment = payment_of(source)
    account = payment.account
    recover(account, minor, key=key)
    shares, _surplus = settling.allocate(account, minor)
    lines = settling.payment_lines(account, minor=minor, provider_key=place_of(source))
    entry, is_new = post_entry(
        kind,
        idempotency_key=key,
        creditor_id=account.creditor_id,
        currency=source.currency,
        effective_at=now(),
        lines=lines if place == Kind.CLEARING else [_at(place, line) for line in lines],
        **names_of(source),
        **data,
    )
    if is_new:
        account.refresh_from_db()
        settling.credit_instalments(account, sum(shares.values()), payment.instalment)
        settling.update_account(account, paid_at=account.last_payment_at or now())
    return entry


def post_transfer(source: Source, minor: int, *, key: str, **data: Any) -> JournalEntry:
    """What was owed as a refund has left our bank account."""
    entry, _is_new = post_entry(
        "refund_transfer",
        idempotency_key=key,
        creditor_id=payment_of(source).account.creditor_id,
        currency=source.currency,
        effective_at=now(),
        lines=[Line(Kind.REFUNDS, minor), Line(Kind.TRUST, -minor)],
        **names_of(source),
        **data,
    )
    return entry


def _at(place: str, line: Line) -> Line:
    return Line(place, line.minor) if line.kind == Kind.CLEARING else line
