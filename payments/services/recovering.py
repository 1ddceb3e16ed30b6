"""Money and debts that had been given up or handed back. The caller holds the account's lock.

Money that arrives undoes as much of the newest move as it pays, and then lowers the debt like any payment: the creditor
gets it. Money that leaves again is given up again, so nobody owes anew by a payment that was taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Sum

from accounts.events import record_event
from accounts.models import Account
from payments.accrual.allocation import COMPONENT_ORDER as ORDER
from payments.ledger.leaving import post_recovery, post_recovery_undone
from payments.models import AccountMove, JournalEntry, LedgerAccount, Posting
from payments.moves.table import MOVES, book_of, recovers

Left = dict[str, int]
ENDED = ("written_off", "recalled", "closed")


def standing_moves(account: Account) -> list[AccountMove]:
    """Those that are done and not taken back, newest first."""
    return list(AccountMove.objects.filter(account=account, state="done").exclude(kind="undo").order_by("-pk"))


def left_of(moves: Iterable[AccountMove]) -> dict[int, Left]:
    """By move, what of its shares is still out of the debt: not recovered, not undone."""
    wanted = [move.pk for move in moves]
    rows = Posting.objects.filter(
        account__in={move.account_id for move in moves},
        ledger_account__kind=LedgerAccount.Kind.RECEIVABLE,
        entry__data__move__in=wanted,
    )
    found: dict[int, Left] = defaultdict(dict)
    sums = rows.values("entry__data__move", "component").annotate(minor=Sum("amount_minor")).order_by()
    for row in sums:
        if row["minor"]:
            found[row["entry__data__move"]][row["component"]] = -row["minor"]
    return found


def recoverable_minor(account: Account) -> int:
    """How much a payment could undo now; nothing while the account is open."""
    if account.status not in ENDED:
        return 0
    moves = standing_moves(account)
    if not moves or not recovers(moves[0]):
        return 0
    return sum(sum(left.values()) for left in left_of(moves).values())


def recover(account: Account, minor: int, *, key: str) -> int:
    """Owe again what `minor` pays beyond what is owed anyhow, once per `key` of the money; how much that is.

    The account in memory follows.
    """
    if account.status not in ENDED or JournalEntry.objects.filter(idempotency_key=key).exists():
        return 0
    moves = standing_moves(account)
    if not moves or not recovers(moves[0]):
        return 0
    wanted = total = max(0, minor - max(0, account.balance_minor))
    left = left_of(moves)
    for move in moves:
        shares = take(left.get(move.pk, {}), wanted)
        if shares:
            post_recovery(account, shares, book=book_of(move), move=move.pk, key=key)
            wanted -= sum(shares.values())
            _raise(account, shares)
    if total > wanted:
        record_event("account.recovered", account=account, amount_minor=total - wanted, currency=account.currency)
    return total - wanted


def take(left: Left, minor: int) -> Left:
    """`minor` of what is left, in the order in which payments are set against a debt."""
    shares: Left = {}
    for part in ORDER:
        share = min(minor, left.get(part, 0))
        if share > 0:
            shares[part], minor = share, minor - share
    return shares


def _raise(account: Account, shares: Left) -> None:
    for part, minor in shares.items():
        setattr(account, f"{part}_minor", getattr(account, f"{part}_minor") + minor)
        account.balance_minor += minor


def nothing_left_of(accounts: Sequence[Account]) -> set[int]:
    """Which of these written-off accounts have been paid after all, the whole of them."""
    ids = [account.pk for account in accounts]
    moves = list(AccountMove.objects.filter(account__in=ids, state="done").exclude(kind="undo")) if ids else []
    left = left_of(moves) if moves else {}
    still = {move.account_id for move in moves if sum(left.get(move.pk, {}).values()) > 0}
    return set(ids) - still


def give_up_again(account: Account) -> bool:
    """Money went back after the end: what is owed by that is given up as before, and the account stays ended.

    False for an account that did not end. `account` is fresh; its status is saved here.
    """
    moves = standing_moves(account)
    end = next((move for move in moves if _ends(move)), None)
    if end is None or account.status == "open":
        return False
    newest = account.postings.order_by("-entry_id").values_list("entry_id", flat=True)[0]
    for move, shares in _given_up(account, moves, end):
        post_recovery_undone(account, shares, book=book_of(move), move=move.pk, key=str(newest))
    account.refresh_from_db()
    after = MOVES[end.kind].target
    if account.status != after:
        before, account.status = account.status, after
        record_event("account.status_changed", account=account, before=before, after=after)
        account.save(update_fields=["status"])
    return True


def _given_up(account: Account, moves: Sequence[AccountMove], end: AccountMove) -> list[tuple[AccountMove, Left]]:
    """What is owed now, to the moves it was recovered from, oldest first; the rest to the one that ended it."""
    if not book_of(end):
        return []
    left, owed = left_of(moves), {part: max(0, getattr(account, f"{part}_minor")) for part in ORDER}
    found = []
    for move in reversed(moves):
        gone = {part: minor - left.get(move.pk, {}).get(part, 0) for part, minor in move.shares.items()}
        shares = owed if move is end else {part: max(0, min(minor, owed[part])) for part, minor in gone.items()}
        shares = {part: minor for part, minor in shares.items() if minor > 0}
        owed = {part: minor - shares.get(part, 0) for part, minor in owed.items()}
        if shares:
            found.append((move, shares))
    return found


def _ends(move: AccountMove) -> bool:
    """Whether it ended the account: a write-off of a part did not."""
    return not (move.kind == "write_off" and move.wanted_minor is not None)
