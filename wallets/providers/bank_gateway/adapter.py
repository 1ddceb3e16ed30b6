"""The bank-gateway adapter: QR payments and what else the bank's record names."""

import hashlib
from collections.abc import Sequence
from datetime import date

from common.http import Operation
from wallets.providers.amounts import check_amount
from wallets.providers.bank_gateway import reading, statement
from wallets.providers.bank_gateway.channel import Channel, Untrusted
from wallets.providers.bank_gateway.record import Record
from wallets.providers.base import (
    Action,
    ActionKind,
    Capability,
    DeclineInfo,
    Descriptor,
    Event,
    HttpIn,
    HttpOut,
    IdempotencyKind,
    InvalidWebhook,
    PaymentRequest,
    PaymentResult,
    PaymentState,
    RefundRequest,
    RefundResult,
    RefundState,
    StatementLine,
    UnsupportedByDefault,
)

LARGEST_NOTICE = 64 * 1024
SUBJECT_LENGTH = 64


def describe(record: Record) -> Descriptor:
    able = {Capability.ONE_OFF, Capability.QR, Capability.WEBHOOK_SIGNED}
    if "close" in record.paths:
        able.add(Capability.CLOSE)
    if {"refund", "refund_query"} <= {*record.paths}:
        able |= {Capability.REFUND, Capability.PARTIAL_REFUND}
    if "statement" in record.paths:
        able.add(Capability.STATEMENT)
    return Descriptor(
        key="bank_gateway",
        display_name=record.name,
        capabilities=frozenset(able),
        currencies=frozenset({record.currency}),
        reference_alphabet=record.alphabet,
        reference_max_length=record.longest,
        idempotency=IdempotencyKind.MERCHANT_REFERENCE,
        min_amount=record.smallest,
        max_amount=record.largest,
    )


class BankGateway(UnsupportedByDefault):
    def __init__(self, channel: Channel) -> None:
        self.descriptor = describe(channel.record)
        self._channel = channel
        self._record = channel.record

    def merchant_ref(self, attempt_id: str) -> str:
        """As many characters of a digest as the bank takes, in its own alphabet."""
        alphabet, number = self._record.alphabet, int.from_bytes(hashlib.sha512(attempt_id.encode()).digest())
        letters: list[str] = []
        while len(letters) < self._record.longest:
            number, digit = divmod(number, len(alphabet))
            letters.append(alphabet[digit])
        return "".join(letters)

    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]:
        check_amount(request.amount, self.descriptor)
        return self._create(request)

    def _create(self, request: PaymentRequest) -> Operation[PaymentResult]:
        content = {
            "reference": request.merchant_ref,
            "amount": self._channel.amount(request.amount),
            "currency": request.amount.currency,
            "subject": request.subject[:SUBJECT_LENGTH],
            "notify_url": request.notify_url,
            "expires": self._channel.time(request.expires_at) if request.expires_at else "",
        }
        said = yield from self._channel.ask("create", content)
        if said.text("code") in self._record.used:
            return (yield from self.get_payment(request.merchant_ref))
        if not said.ok or not said.text("qr"):
            return reading.failed(said, request.merchant_ref)
        action = Action(kind=ActionKind.QR, payload=said.text("qr"), expires_at=request.expires_at)
        return PaymentResult(
            state=PaymentState.REQUIRES_ACTION,
            merchant_ref=request.merchant_ref,
            provider_ref=said.text("bank_reference"),
            amount=request.amount,
            action=action,
        )

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        said = yield from self._channel.ask("query", {"reference": merchant_ref})
        if said.ok:
            return reading.read(reading.payment, said)
        found = said.text("code") not in self._record.missing
        unknown = PaymentState.UNKNOWN
        return PaymentResult(state=unknown, merchant_ref=merchant_ref, decline=said.decline(), found=found)

    def close_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        if not self.descriptor.can(Capability.CLOSE):
            self._unsupported("close a payment")
        return self._close(merchant_ref)

    def _close(self, merchant_ref: str) -> Operation[PaymentResult]:
        said = yield from self._channel.ask("close", {"reference": merchant_ref})
        if said.ok:
            return PaymentResult(state=PaymentState.CLOSED, merchant_ref=merchant_ref)
        return (yield from self.get_payment(merchant_ref))

    def refund(self, request: RefundRequest) -> Operation[RefundResult]:
        if not self.descriptor.can(Capability.REFUND):
            self._unsupported("refund")
        return self._refund(request)

    def _refund(self, request: RefundRequest) -> Operation[RefundResult]:
        content = {
            "reference": request.merchant_ref,
            "refund_reference": request.refund_ref,
            "refund_amount": self._channel.amount(request.amount),
            "currency": request.amount.currency,
        }
        said = yield from self._channel.ask("refund", content)
        names = {"merchant_ref": request.merchant_ref, "refund_ref": request.refund_ref}
        return reading.answered(said, **names, refused=RefundState.FAILED)

    def get_refund(self, refund_ref: str, merchant_ref: str, provider_ref: str = "") -> Operation[RefundResult]:
        if not self.descriptor.can(Capability.REFUND):
            self._unsupported("look up a refund")
        return self._look_up_refund(refund_ref, merchant_ref)

    def _look_up_refund(self, refund_ref: str, merchant_ref: str) -> Operation[RefundResult]:
        names = {"reference": merchant_ref, "refund_reference": refund_ref}
        said = yield from self._channel.ask("refund_query", names)
        # A question that was refused says nothing about the refund.
        return reading.answered(said, merchant_ref=merchant_ref, refund_ref=refund_ref, refused=RefundState.UNKNOWN)

    def parse_webhook(self, call: HttpIn) -> Sequence[Event]:
        if len(call.body) > LARGEST_NOTICE:
            raise InvalidWebhook("The notice is larger than any of the bank's.")
        try:
            said = self._channel.verified(call.body)
            return [reading.event(said)]
        except Untrusted as error:
            raise InvalidWebhook("The notice is not the bank's, not about us, or not of now.") from error

    def webhook_reply(self, ok: bool) -> HttpOut:
        return HttpOut(status=200 if ok else 503, body=self._record.reply.encode() if ok else b"FAIL")

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        if not self.descriptor.can(Capability.STATEMENT):
            self._unsupported("provide a statement")
        return statement.statement(self._channel, day)

    def classify(self, code: str, message: str = "") -> DeclineInfo:
        return self._record.classify(code, message)
