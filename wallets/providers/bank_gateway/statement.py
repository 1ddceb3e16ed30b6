"""The bank's books of a day: pages of lines, each page signed as a whole like every other answer.

A line has the texts of `COLUMNS` in that order, with commas between: money in is positive, money out negative.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from common.errors import InvalidInput
from common.http import NotSent, Operation, OutcomeUnknown
from common.money import Money
from wallets.providers.bank_gateway.channel import LONGEST_AMOUNT, Channel, Said, Untrusted, read_time
from wallets.providers.messages import StatementLine
from wallets.providers.vocabulary import EventKind

COLUMNS = ("reference", "bank_reference", "refund_reference", "amount", "currency", "fee", "booked_at")
DAY = "%Y%m%d"
MOST_PAGES = 1000
READY_AFTER = timedelta(hours=1)


def statement(channel: Channel, day: date) -> Operation[Sequence[StatementLine]]:
    """Raises `NotSent` while the bank may still be writing them."""
    closes = datetime.combine(day + timedelta(days=1), time.min, tzinfo=channel.record.zone)
    if channel.now() < closes + READY_AFTER:
        raise NotSent("The bank's books of that day are not closed. Ask an hour after its end.")
    return _pages(channel, day.strftime(DAY))


def _pages(channel: Channel, day: str) -> Operation[Sequence[StatementLine]]:
    found: list[StatementLine] = []
    for page in range(1, MOST_PAGES + 1):
        said = yield from channel.ask("statement", {"reference": "", "day": day, "page": str(page)})
        if not said.ok:
            raise OutcomeUnknown("The bank did not give its books.", provider_code=said.text("code"))
        if (said.text("day"), said.text("page")) != (day, str(page)) or not said.text("pages").isdecimal():
            raise OutcomeUnknown("The bank answered about other books.")
        try:
            found += list(lines(said))
        except Untrusted as error:
            raise OutcomeUnknown("The bank's books could not be read. Ask for them again.") from error
        if page >= int(said.text("pages")):
            return tuple(found)
    raise OutcomeUnknown("The bank's books have more pages than expected.")


def lines(said: Said) -> Iterator[StatementLine]:
    for text in said.text("lines").splitlines():
        cells = text.split(",")
        if len(cells) != len(COLUMNS):
            raise Untrusted("lines")
        yield _line(said, dict(zip(COLUMNS, cells, strict=True)))


def _line(said: Said, cells: dict[str, str]) -> StatementLine:
    booked_at = read_time(said.record, cells["booked_at"])
    if booked_at is None:
        raise Untrusted("booked_at")
    amount = _money(said, cells["amount"], cells["currency"])
    return StatementLine(
        kind=EventKind.REFUND if amount.minor < 0 else EventKind.PAYMENT,
        merchant_ref=cells["reference"],
        provider_ref=cells["bank_reference"],
        refund_ref=cells["refund_reference"],
        amount=amount,
        fee=_money(said, cells["fee"], cells["currency"]),
        booked_at=booked_at,
    )


def _money(said: Said, text: str, currency: str) -> Money:
    """Of whatever currency the bank says: another one than ours is a difference for people, not unreadable."""
    digits = text.removeprefix("-")
    if not digits or len(text) > LONGEST_AMOUNT or not all(mark in "0123456789." for mark in digits):
        raise Untrusted("amount")
    try:
        found = Money.parse(digits, currency) if said.record.unit == "major" else Money(int(digits), currency)
    except (InvalidInput, ValueError) as error:
        raise Untrusted("amount") from error
    return Money(-found.minor, currency) if text.startswith("-") else found
