"""The M-Pesa adapter: our contract on one side, Daraja on the other."""

from collections.abc import Sequence
from datetime import date

from common.http import Operation, done
from wallets.providers.base import (
    Capability,
    ConfigError,
    DeclineInfo,
    Descriptor,
    Event,
    HttpIn,
    HttpOut,
    IdempotencyKind,
    PaymentRequest,
    PaymentResult,
    PaymentState,
    RefundRequest,
    RefundResult,
    StatementLine,
    UnsupportedByDefault,
)
from wallets.providers.mpesa import callbacks, codes, wire
from wallets.providers.mpesa.books import Books
from wallets.providers.mpesa.daraja import Daraja
from wallets.providers.mpesa.doors import Doors
from wallets.providers.mpesa.prompts import Prompt, Prompts
from wallets.providers.mpesa.reversals import Reversals

PREFIX = "P"
READERS = {"stk": callbacks.prompt_ended, "c2b": callbacks.paid_in, "reversal": callbacks.reversed_payment}
ACCEPTED = b'{"ResultCode":0,"ResultDesc":"Accepted"}'
REGISTER = "/mpesa/c2b/v2/registerurl"


def describe(*, refunds: bool) -> Descriptor:
    able = {Capability.ONE_OFF, Capability.PUSH_PROMPT, Capability.STATEMENT}
    return Descriptor(
        key="mpesa",
        display_name="M-Pesa",
        capabilities=frozenset(able | ({Capability.REFUND} if refunds else set())),
        currencies=frozenset({wire.HOME_CURRENCY}),
        reference_alphabet=wire.REFERENCE_ALPHABET,
        reference_max_length=wire.REFERENCE_LENGTH,
        idempotency=IdempotencyKind.NONE,
        amount_step=wire.SHILLING,
        min_amount=wire.SHILLING,
        max_amount=wire.LARGEST_SHILLINGS * wire.SHILLING,
    )


class MPesa(UnsupportedByDefault):
    def __init__(self, *, prompts: Prompts, books: Books, doors: Doors, reversals: Reversals | None) -> None:
        self.descriptor = describe(refunds=reversals is not None)
        self._prompts = prompts
        self._books = books
        self._doors = doors
        self._reversals = reversals

    def merchant_ref(self, attempt_id: str) -> str:
        return wire.reference(PREFIX, attempt_id)

    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]:
        """Prompt the phone in `payer_hint`, once per reference however often this is called."""
        shillings = wire.check_amount(request.amount, self.descriptor)
        return self._prompts.push(request, wire.phone_number(request.payer_hint), shillings)

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        """By the prompt when it is known, else by the account reference in Safaricom's books."""
        prompt = Prompt.read(provider_ref) or Prompt.read(self._prompts.turnstile.prompt_of(merchant_ref))
        if prompt:
            result = yield from self._prompts.query(merchant_ref, prompt)
            if result.found:
                return result
        booked = yield from self._books.payment(merchant_ref)
        if booked:
            return booked.result(merchant_ref)
        return PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=merchant_ref, found=False)

    def refund(self, request: RefundRequest) -> Operation[RefundResult]:
        if self._reversals is None:
            self._unsupported("refund")
        return self._reversals.refund(request)

    def get_refund(self, refund_ref: str, merchant_ref: str, provider_ref: str = "") -> Operation[RefundResult]:
        if self._reversals is None:
            self._unsupported("look up a refund")
        return done(self._reversals.get_refund(refund_ref, merchant_ref))

    def parse_webhook(self, call: HttpIn) -> Sequence[Event]:
        events = callbacks.events(call, self._doors, READERS)
        for event in events:
            if event.refund and self._reversals:
                self._reversals.remember(event.refund)
        return events

    def webhook_reply(self, ok: bool) -> HttpOut:
        return reply(ok)

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        return self._books.statement(day)

    def classify(self, code: str, message: str = "") -> DeclineInfo:
        return codes.classify(code, message)

    def register_addresses(self, notify_url: str) -> Operation[None]:
        """Tell Safaricom where to confirm payments to the short code; done once, by an operator."""
        return register(self._prompts.daraja, self._doors, notify_url)


def register(daraja: Daraja, doors: Doors, notify_url: str) -> Operation[None]:
    """Raises `ConfigError` when Safaricom does not take the address."""
    address = doors.address(notify_url, "c2b", daraja.short_code)
    content = {"ShortCode": daraja.short_code, "ResponseType": "Completed", "ConfirmationURL": address}
    answer = yield from daraja.call(REGISTER, {**content, "ValidationURL": address}, purpose="mpesa.register")
    if answer.code or answer.text("ResponseCode") not in (codes.PAID, "00000000"):
        raise ConfigError("Safaricom did not take the confirmation address. See its answer on the Daraja portal.")


def reply(ok: bool) -> HttpOut:
    body = ACCEPTED if ok else b'{"ResultCode":1,"ResultDesc":"Rejected"}'
    return HttpOut(status=200 if ok else 503, body=body, content_type="application/json")
