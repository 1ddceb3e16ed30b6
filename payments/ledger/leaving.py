"""What leaves the books at the end of the road, what comes back, and what money that arrives afterwards does.

Given up, it stands under write-off; handed back, under what the creditor placed. Each entry names its move, so the sum
of a move's entries is what of it still stands.
"""

from __future__ import annotations

from collections.abc import Mapping

from accounts.models import Account
from common.clock import now
from payments.ledger.batches import Line
from payments.ledger.entries import post_entry
from payments.models import JournalEntry, LedgerAccount

Kind = LedgerAccount.Kind
PLACES: Mapping[str, str] = {"write_off": Kind.WRITE_OFF, "handed_back": Kind.PLACED}
# What these entries do to the debt is neither money that came nor money that went.
MOVE_KINDS = frozenset({"write_off_undone", "handed_back", "handed_back_undone", "recovery", "recovery_undone"})
Shares = Mapping[str, int]


def post_leaving(account: Account, shares: Shares, *, book: str, move: int) -> JournalEntry:
    """`shares` by component leave the debt for `book`, once per move."""
    return _post(account, book, {part: -minor for part, minor in shares.items()}, book=book, move=move, key="out")


def post_returning(account: Account, shares: Shares, *, book: str, move: int) -> JournalEntry:
    """What of the move still stood is owed again, once per move."""
    return _post(account, f"{book}_undone", shares, book=book, move=move, key="undone")


def post_recovery(account: Account, shares: Shares, *, book: str, move: int, key: str) -> JournalEntry:
    """As much of the move is undone as money of this `key` is about to pay."""
    return _post(account, "recovery", shares, book=book, move=move, key=f"recovery:{key}")


def post_recovery_undone(account: Account, shares: Shares, *, book: str, move: int, key: str) -> JournalEntry:
    """Money went back again: what it had paid is given up as before."""
    moved = {part: -minor for part, minor in shares.items()}
    return _post(account, "recovery_undone", moved, book=book, move=move, key=f"again:{key}")


def _post(account: Account, kind: str, moved: Shares, *, book: str, move: int, key: str) -> JournalEntry:
    entry, _is_new = post_entry(
        kind,
        idempotency_key=f"move:{move}:{key}"[:80],
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=now(),
        lines=[
            *(Line(Kind.RECEIVABLE, minor, account=account, component=part) for part, minor in moved.items()),
            Line(PLACES[book], -sum(moved.values())),
        ],
        move=move,
    )
    return entry
