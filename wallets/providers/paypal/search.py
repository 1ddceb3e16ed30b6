"""PayPal's transaction search: the statement of a day, and the only way to find a payment by our own reference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from common.http import NotSent, Operation, OutcomeUnknown
from common.money import Money
from wallets.providers.messages import PaymentResult, StatementLine
from wallets.providers.paypal import amounts, reading, requests
from wallets.providers.paypal.gateway import Gateway
from wallets.providers.vocabulary import EventKind, PaymentState

LATE = timedelta(hours=3)
LONGEST_SPAN = timedelta(days=31)
LARGEST_PAGE = 16 << 20
MOST_PAGES = 1000
# T00..: payments received; T11..: refunds and reversals of them. Sorted by PayPal's table of event codes.
KINDS = {"T00": EventKind.PAYMENT, "T11": EventKind.REFUND}
SETTLED = "S"
# T03..: from our bank to PayPal; T04..: from PayPal to our bank. No payment of a debtor.
NOT_OURS = ("T03", "T04")


@dataclass(frozen=True)
class Search:
    gateway: Gateway

    def payment(self, merchant_ref: str) -> Operation[PaymentResult]:
        """Not listed means not listed *yet*: the books lag, so nothing is proven by it."""
        now = self.gateway.now()
        rows = yield from self._rows(now - LONGEST_SPAN + timedelta(hours=1), now + timedelta(hours=1))
        listed = [row for row in rows if row.get("invoice_id") == merchant_ref and _kind(row) is EventKind.PAYMENT]
        if not listed:
            return PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=merchant_ref, found=False)
        # A declined try under the same number may be listed beside the one that was paid.
        best = next((row for row in listed if row.get("transaction_status") == SETTLED), listed[-1])
        return (yield from self._captured(reading.text(best, "transaction_id"), merchant_ref))

    def _captured(self, capture_id: str, merchant_ref: str) -> Operation[PaymentResult]:
        path = f"/v2/payments/captures/{capture_id}"
        answer = yield from self.gateway.get(path, purpose="paypal.captures.get")
        if not answer.ok:
            raise OutcomeUnknown("PayPal lists a payment but does not show it.", provider_code=answer.issue)
        try:
            result = reading.capture(answer.data)
        except ValueError as error:
            raise OutcomeUnknown("PayPal's answer about a payment could not be read.") from error
        if result.merchant_ref != merchant_ref:
            raise OutcomeUnknown("PayPal answered about another payment.", merchant_ref=merchant_ref)
        return result

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        """The lines of a UTC day; raises `NotSent` while PayPal may still be writing them."""
        start = datetime.combine(day, time.min, tzinfo=UTC)
        end = start + timedelta(days=1)
        if self.gateway.now() < end + LATE:
            raise NotSent("PayPal's books of that day are not complete. Ask three hours after its end (UTC).")
        return self._lines(start, end)

    def _lines(self, start: datetime, end: datetime) -> Operation[Sequence[StatementLine]]:
        rows = yield from self._rows(start, end - timedelta(seconds=1))
        try:
            return tuple(_line(row) for row in rows if _counts(row))
        except ValueError as error:
            raise OutcomeUnknown("PayPal's books could not be read. Ask for them again.") from error

    def _rows(self, start: datetime, end: datetime) -> Operation[list[Mapping[str, Any]]]:
        found: list[Mapping[str, Any]] = []
        for page in range(1, MOST_PAGES + 1):
            path = requests.search_path(start, end, page)
            answer = yield from self.gateway.get(path, purpose="paypal.transactions", max_bytes=LARGEST_PAGE)
            if not answer.ok:
                raise OutcomeUnknown("PayPal did not give its books.", provider_code=answer.issue)
            found += list(_transactions(answer.data))
            pages = answer.data.get("total_pages")
            if not isinstance(pages, int) or page >= pages:
                return found
        raise OutcomeUnknown("PayPal's books have more pages than one look-up may read.")


def _transactions(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if not isinstance(data.get("transaction_details"), list):
        raise OutcomeUnknown("PayPal's books could not be read. Ask for them again.")
    for row in reading.rows(data, "transaction_details"):
        yield reading.mapping(row, "transaction_info")


def _counts(row: Mapping[str, Any]) -> bool:
    moved = row.get("transaction_status") == SETTLED
    return moved and not reading.text(row, "transaction_event_code").startswith(NOT_OURS)


def _kind(row: Mapping[str, Any]) -> EventKind:
    return KINDS.get(reading.text(row, "transaction_event_code")[:3], EventKind.OTHER)


def _line(row: Mapping[str, Any]) -> StatementLine:
    kind, booked_at = _kind(row), reading.time(row, "transaction_initiation_date")
    if booked_at is None:
        raise ValueError("transaction_initiation_date")
    amount = amounts.read(row.get("transaction_amount"))
    taken = amounts.read(row["fee_amount"]) if "fee_amount" in row else Money(0, amount.currency)
    return StatementLine(
        kind=kind,
        merchant_ref=reading.text(row, "invoice_id"),
        provider_ref=reading.text(row, "transaction_id"),
        refund_ref=reading.text(row, "custom_field") if kind is EventKind.REFUND else "",
        amount=amount,
        # PayPal writes a fee taken from us as a negative number, and one given back as a positive one.
        fee=-taken,
        booked_at=booked_at,
    )
