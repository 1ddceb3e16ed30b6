"""Safaricom's own list of what was paid to the short code (Pull Transactions): the last 48 hours, in pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from common.http import NotSent, Operation, OutcomeUnknown
from common.money import Money
from wallets.providers.errors import Unsupported
from wallets.providers.messages import PaymentResult, StatementLine
from wallets.providers.mpesa import codes, wire
from wallets.providers.mpesa.daraja import Answer, Daraja
from wallets.providers.vocabulary import EventKind, PaymentState

QUERY = "/pulltransactions/v1/query"
REACH = timedelta(hours=48)
MOST_PAGES = 500
RECEIPT_LENGTH = 20


@dataclass(frozen=True)
class Booked:
    receipt: str
    reference: str
    amount: Money
    at: datetime

    def line(self) -> StatementLine:
        fee = Money(0, self.amount.currency)
        return StatementLine(
            kind=EventKind.PAYMENT,
            merchant_ref=self.reference,
            provider_ref=self.receipt,
            amount=self.amount,
            fee=fee,
            booked_at=self.at,
        )

    def result(self, merchant_ref: str) -> PaymentResult:
        return PaymentResult(
            state=PaymentState.SUCCEEDED,
            merchant_ref=merchant_ref,
            provider_ref=self.receipt,
            amount=self.amount,
            paid_at=self.at,
        )


@dataclass(frozen=True)
class Books:
    """`ours` tells by the account reference which payments to the short code belong to this provider."""

    daraja: Daraja
    ours: Callable[[str], bool]

    def payment(self, merchant_ref: str, receipt: str = "") -> Operation[Booked | None]:
        """The first payment under this reference (and with this receipt, when given) of the last 48 hours."""
        now = self.daraja.now()
        booked = yield from self._between(now - REACH, now + timedelta(minutes=1))
        wanted = [one for one in booked if one.reference == merchant_ref and receipt in ("", one.receipt)]
        return min(wanted, key=lambda one: (one.at, one.receipt), default=None)

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        """A day of Nairobi. Raises `NotSent` while it lasts, `Unsupported` once it is out of reach."""
        opens, closes, now = wire.midnight(day), wire.midnight(day + timedelta(days=1)), self.daraja.now()
        if now < closes:
            raise NotSent("M-Pesa's books of that day are not closed. Ask after midnight, Nairobi time.")
        if opens < now - REACH - timedelta(minutes=1):
            raise Unsupported("M-Pesa's books reach back 48 hours. Use the statement file of the M-Pesa portal.")
        return self._statement(opens, closes)

    def _statement(self, opens: datetime, closes: datetime) -> Operation[Sequence[StatementLine]]:
        booked = yield from self._between(opens, closes)
        inside = [one for one in booked if opens <= one.at < closes and self.ours(one.reference)]
        return tuple(one.line() for one in sorted(inside, key=lambda one: (one.at, one.receipt)))

    def _between(self, opens: datetime, closes: datetime) -> Operation[Sequence[Booked]]:
        """Each page starts where the last ended; a payment listed twice while pages shift counts once."""
        found: dict[str, Booked] = {}
        offset = 0
        for _page in range(MOST_PAGES):
            content = {
                "ShortCode": self.daraja.short_code,
                "StartDate": _local(opens),
                "EndDate": _local(closes),
                "OffSetValue": str(offset),
            }
            page = _page_of((yield from self.daraja.call(QUERY, content, purpose="mpesa.books")))
            if not page:
                return tuple(found.values())
            found |= {one.receipt: one for one in page}
            offset += len(page)
        raise OutcomeUnknown("M-Pesa's books have more pages than expected.")


def _local(moment: datetime) -> str:
    return moment.astimezone(wire.NAIROBI).strftime("%Y-%m-%d %H:%M:%S")


def _page_of(answer: Answer) -> Sequence[Booked]:
    code = answer.code or answer.text("ResponseCode")
    if code == codes.BOOKS_EMPTY:
        return ()
    if code != codes.BOOKS_GIVEN:
        raise OutcomeUnknown("M-Pesa did not show its books.", provider_code=code)
    try:
        return [_booked(row) for row in _rows(answer.data["Response"])]
    except (KeyError, TypeError, ValueError) as error:
        raise OutcomeUnknown("M-Pesa's books could not be read. Ask for them again.") from error


def _rows(response: Any) -> list[dict[str, Any]]:
    """A list in a list; an empty one of either kind is an empty page."""
    rows = response[0] if response and isinstance(response[0], list) else response
    return list(rows)


def _booked(row: dict[str, Any]) -> Booked:
    at = datetime.fromisoformat(str(row["trxDate"]))
    return Booked(
        receipt=str(row["transactionId"])[:RECEIPT_LENGTH],
        reference=str(row["billreference"])[:64],
        amount=wire.read_amount(row["amount"]),
        at=at if at.tzinfo else at.replace(tzinfo=wire.NAIROBI),
    )
