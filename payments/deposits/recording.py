"""Every transfer a provider reports is put on record once, and what is odd about it is left to a person.

The caller holds the attempt's locks, and has applied the result to the attempt already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from common.clock import now
from payments.deposits import booking
from payments.deposits.changing import move, tell
from payments.models import Attempt, Deposit, DepositAddress
from payments.services.ending import close_unsent
from wallets.providers import deposits as reported
from wallets.providers.base import PaymentResult, PaymentState
from wallets.providers.deposits import DepositIssue, DepositProblem, Quote

BOOKED = frozenset(
    {
        DepositProblem.UNDERPAID,
        DepositProblem.OVERPAID,
        DepositProblem.PAID_LATE,
        DepositProblem.SECOND_PAYMENT,
    }
)
NOT_THERE = ("withdrawn", "gone", "lost")
# What a later report may still change; everything else is a person's decision or waits for one.
UNSETTLED = ("seen", *NOT_THERE)
UNDECIDED = ("seen", "held", "proposed")


@dataclass(frozen=True)
class Fate:
    state: str
    problem: str = ""
    units: int = 0


def remember_address(attempt: Attempt, quote: Quote) -> None:
    DepositAddress.objects.get_or_create(
        attempt=attempt,
        defaults={
            "network": quote.network,
            "address": quote.address,
            "token": quote.token,
            "to_send_units": quote.to_send.minor,
        },
    )


def is_booked(attempt: Attempt) -> bool:
    """Whether some of what arrived for it is in the books by itself, so that it must not be posted as a whole too."""
    return Deposit.objects.filter(address__attempt=attempt, entry__isnull=False).exists()


def record_deposits(
    attempt: Attempt, result: PaymentResult, *, known: Mapping[str, datetime] | None = None, source: str
) -> bool:
    """True when a person has to look at money that is gone.

    `known` are keys the provider was asked about, with the moment each was last seen: what it does not report now is
    not on the chain any more, unless somebody saw it in between.
    """
    if not (result.deposits or known):
        return False
    address = DepositAddress.objects.select_for_update().filter(attempt=attempt).first()
    if address is None:
        return False
    address.attempt = attempt
    rows = {row.key: row for row in address.deposits.select_for_update()}
    fates = _fates(result.issues)
    for found in result.deposits:
        row = rows.get(found.key) or _new(address, found)
        row.address = address
        _refresh(row, found, source, is_new=found.key not in rows)
        _settle(row, fates.get(found.key) or _plain_fate(attempt, result), source)
    there = {found.key for found in result.deposits}
    missing = [key for key, seen_at in (known or {}).items() if key not in there and _unseen_since(rows, key, seen_at)]
    gone = [_lose(rows[key], address, source) for key in missing]
    _close_when_decided(attempt, result)
    return any(gone)


def _fates(issues: tuple[DepositIssue, ...]) -> dict[str, Fate]:
    """Too much is a matter of the transfer that went over; every other issue is one of each transfer it names."""
    fates = {}
    for issue in issues:
        over = issue.problem is DepositProblem.OVERPAID
        for deposit in issue.deposits[-1:] if over else issue.deposits:
            units = issue.amount.minor if over and issue.amount else deposit.value
            fates[deposit.key] = Fate("held", issue.problem.value, units)
    return fates


def _plain_fate(attempt: Attempt, result: PaymentResult) -> Fate:
    paid = attempt.state == "succeeded" and result.state is PaymentState.SUCCEEDED
    return Fate("counted" if paid else "seen")


def _new(address: DepositAddress, found: reported.Deposit) -> Deposit:
    asked_for = found.token == address.token
    return Deposit(
        address=address,
        network=address.network,
        transaction=found.transaction,
        log_index=int(found.key.rpartition(":")[2]),
        kind=Deposit.Kind.QUOTED if asked_for else Deposit.Kind.TOKEN,
        asset=found.token,
        units=found.value,
        sender=found.sender,
    )


def _refresh(row: Deposit, found: reported.Deposit, source: str, *, is_new: bool) -> None:
    row.position, row.block_hash, row.block_at = found.position, found.block_hash, found.block_time
    row.final, row.seen_at = found.final, now()
    row.save()
    if is_new:
        tell(row, before="", source=source)


def _settle(row: Deposit, fate: Fate, source: str) -> None:
    wanted = fate.state if row.final else "seen"
    if row.state == wanted or row.state not in UNSETTLED:
        return
    if wanted == "held":
        hold(row, fate, source)
    else:
        move(row, wanted, source=source)


def hold(row: Deposit, fate: Fate, source: str) -> None:
    attempt = row.address.attempt
    row.problem, row.decision = fate.problem, ""
    row.proposed_by = row.proposed_at = row.decided_by = row.decided_at = None
    if row.kind == Deposit.Kind.QUOTED:
        row.worth_minor = fate.units * attempt.amount_minor // row.address.to_send_units
    if row.worth_minor and fate.problem in BOOKED:
        booking.hold_in_suspense(row)
    move(row, "held", source=source)


def _unseen_since(rows: Mapping[str, Deposit], key: str, seen_at: datetime) -> bool:
    row = rows.get(key)
    return row is not None and row.seen_at == seen_at and row.state not in NOT_THERE


def _lose(row: Deposit, address: DepositAddress, source: str) -> bool:
    """Before it was final that is how chains are; afterwards it must not happen, and whoever decided is told."""
    row.address = address
    if not row.final:
        move(row, "withdrawn", source=source)
        return False
    counted = row.state == "counted"
    booking.undo(row)
    move(row, "gone", source=source)
    return not counted


def _close_when_decided(attempt: Attempt, result: PaymentResult) -> None:
    """Its time is over and every transfer it is pending for has been dealt with: the account is free again."""
    waits = attempt.state == "pending" and bool(result.issues)
    if waits and not Deposit.objects.filter(address__attempt=attempt, state__in=UNDECIDED).exists():
        close_unsent(attempt, "deposits_decided")
