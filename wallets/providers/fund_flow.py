"""What moved a merchant's balance and is told by no trade bill.

Some wallets write two bills of a day: one of the trades, with our numbers and the fees, and one of every movement of
the balance. What the first tells of is left to it. Of the rest, moves between the wallet and our own bank are nobody's
payment; everything else becomes a line of the statement, so that no money moves unseen.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, auto

from common.http import Operation
from common.money import Money
from wallets.providers.messages import StatementLine
from wallets.providers.vocabulary import EventKind

# A movement may be booked a little later than its trade, and beyond midnight. So a day's movements are read from the
# last hour of the day before to its own last hour, and the trades of both days are known.
LAG = timedelta(hours=1)
DAY = timedelta(days=1)


class Nature(Enum):
    """By the bill's own word: a payment, a refund or a fee of one; a move to or from our bank; anything else."""

    TRADE = auto()
    OWN = auto()
    OTHER = auto()


@dataclass(frozen=True, kw_only=True)
class Movement:
    """`numbers`: all it gives for what it is about. `merchant_ref`: the one that should be ours."""

    nature: Nature
    numbers: frozenset[str]
    merchant_ref: str
    provider_ref: str
    amount: Money
    booked_at: datetime

    def line(self) -> StatementLine:
        return StatementLine(
            kind=EventKind.OTHER,
            merchant_ref=self.merchant_ref,
            provider_ref=self.provider_ref,
            amount=self.amount,
            fee=Money(0, self.amount.currency),
            booked_at=self.booked_at,
        )


@dataclass(frozen=True)
class Trades:
    """A trade bill, and every number by which it names a trade or a refund."""

    lines: Sequence[StatementLine] = ()
    numbers: frozenset[str] = frozenset()


def statement(
    day: date,
    *,
    trades: Callable[[date], Operation[Trades]],
    movements: Callable[[date], Operation[Sequence[Movement]]],
    midnight: Callable[[date], datetime],
) -> Operation[Sequence[StatementLine]]:
    """The trade bill of the day, and what neither it nor that of the day before tells of the balance."""
    before = yield from trades(day - DAY)
    told = yield from trades(day)
    moved = [*(yield from movements(day - DAY)), *(yield from movements(day))]
    opens, closes = midnight(day) - LAG, midnight(day + DAY) - LAG
    fresh = (one for one in moved if opens <= one.booked_at < closes)
    return (*told.lines, *untold(fresh, before.numbers | told.numbers))


def untold(movements: Iterable[Movement], told: frozenset[str]) -> Iterator[StatementLine]:
    for one in movements:
        by_a_bill = one.nature is Nature.TRADE and not told.isdisjoint(one.numbers)
        if not by_a_bill and one.nature is not Nature.OWN:
            yield one.line()


def numbers(texts: Iterable[str]) -> frozenset[str]:
    """Without the ways in which a bill says that there is none."""
    return frozenset(texts) - {"", "0"}
