"""The Ratiba adapter. Safaricom debits by itself, so there is no charge here: payments are told and looked up."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from common.http import Operation, done
from wallets.providers.base import (
    Capability,
    DeclineInfo,
    Descriptor,
    Event,
    EventKind,
    HttpIn,
    HttpOut,
    IdempotencyKind,
    MandateRequest,
    MandateResult,
    PaymentResult,
    PaymentState,
    PeriodUnit,
    StatementLine,
    UnsupportedByDefault,
)
from wallets.providers.mpesa import callbacks, codes, wire
from wallets.providers.mpesa.adapter import register, reply
from wallets.providers.mpesa.books import Books
from wallets.providers.mpesa.doors import Doors
from wallets.providers.mpesa_ratiba import orders
from wallets.providers.mpesa_ratiba.orders import Orders

PREFIX = "S"
CAPABILITIES = frozenset(
    {Capability.MANDATE, Capability.PROVIDER_SCHEDULED, Capability.PUSH_PROMPT, Capability.STATEMENT}
)


class Ratiba(UnsupportedByDefault):
    descriptor = Descriptor(
        key="mpesa_ratiba",
        display_name="M-Pesa Ratiba",
        capabilities=CAPABILITIES,
        currencies=frozenset({wire.HOME_CURRENCY}),
        reference_alphabet=wire.REFERENCE_ALPHABET,
        reference_max_length=wire.REFERENCE_LENGTH,
        idempotency=IdempotencyKind.NONE,
        amount_step=wire.SHILLING,
        min_amount=wire.SHILLING,
        max_amount=wire.LARGEST_SHILLINGS * wire.SHILLING,
        mandate_period=PeriodUnit.MONTH,
    )

    def __init__(self, *, orders: Orders, books: Books, doors: Doors) -> None:
        self._orders = orders
        self._books = books
        self._doors = doors

    def merchant_ref(self, attempt_id: str) -> str:
        return wire.reference(PREFIX, attempt_id)

    def start_mandate(self, request: MandateRequest) -> Operation[MandateResult]:
        """Ask the phone in `payer_hint` to approve a fixed amount (`single_limit`) every period, once per reference."""
        shillings = wire.check_amount(request.terms.single_limit, self.descriptor)
        orders.check_terms(request.terms, self._orders.daraja.now())
        return self._orders.start(request, wire.phone_number(request.payer_hint), shillings)

    def get_mandate(self, mandate_ref: str, merchant_ref: str = "") -> Operation[MandateResult]:
        """What the approval said and whether its last day is over. An order the payer cancelled cannot be noticed."""
        return done(self._orders.known(mandate_ref, merchant_ref))

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        """One payment of a standing order: `merchant_ref` is the mandate's, `provider_ref` the receipt."""
        booked = yield from self._books.payment(merchant_ref, provider_ref)
        if booked:
            return booked.result(merchant_ref)
        return PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=merchant_ref, found=False)

    def parse_webhook(self, call: HttpIn) -> Sequence[Event]:
        return callbacks.events(call, self._doors, {"order": self._answered, "c2b": self._paid})

    def webhook_reply(self, ok: bool) -> HttpOut:
        return reply(ok)

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        return self._books.statement(day)

    def classify(self, code: str, message: str = "") -> DeclineInfo:
        return codes.classify(code, message)

    def register_addresses(self, notify_url: str) -> Operation[None]:
        """As M-Pesa's; a short code has one such address, so register the one of Ratiba where both are in use."""
        return register(self._orders.daraja, self._doors, notify_url)

    def _answered(self, data: dict[str, Any], subject: list[str]) -> Event:
        """The payer's answer. There is nothing to ask afterwards: the address alone proves who is speaking."""
        merchant_ref, shillings, last_day = subject
        code, items = orders.answer_code(data), orders.answer_items(data)
        if not code:
            raise ValueError("responseCode")
        transaction = "".join(filter(str.isalnum, items.get("TransactionID", "")))[: orders.TRANSACTION_LENGTH]
        mandate = self._mandate(merchant_ref, transaction, last_day, code)
        self._orders.turnstile.ended(merchant_ref)
        return Event(
            kind=EventKind.MANDATE,
            dedupe_key=f"order:{merchant_ref}:{code}:{transaction}",
            type="standingOrder",
            mandate=mandate,
            facts={"responseCode": code, "TransactionID": transaction, "shillings": shillings},
        )

    def _mandate(self, merchant_ref: str, transaction: str, last_day: str, code: str) -> MandateResult:
        if code not in orders.ACCEPTED:
            return orders.refused(merchant_ref, codes.classify(code))
        if not transaction:
            raise ValueError("TransactionID")
        return self._orders.known(self._orders.sealed(merchant_ref, transaction, last_day), merchant_ref)

    def _paid(self, data: dict[str, Any], subject: list[str]) -> Event:
        event = callbacks.paid_in(data, subject)
        if event.payment is None or not event.payment.merchant_ref.startswith(PREFIX):
            raise ValueError("BillRefNumber")
        return event
