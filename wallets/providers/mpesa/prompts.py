"""The prompt on the payer's phone (M-Pesa Express, "STK push"): asking for it, and asking how it ended."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from common.http import NotSent, Operation, OutcomeUnknown
from common.money import Money
from wallets.providers.errors import RateLimited
from wallets.providers.messages import Action, PaymentRequest, PaymentResult
from wallets.providers.mpesa import codes, wire
from wallets.providers.mpesa.daraja import Answer, Daraja
from wallets.providers.mpesa.doors import Doors
from wallets.providers.mpesa.turnstile import PROMPT_LIFETIME, Turnstile
from wallets.providers.vocabulary import ActionKind, DeclineCategory, PaymentState

PUSH = "/mpesa/stkpush/v1/processrequest"
QUERY = "/mpesa/stkpushquery/v1/query"
SUBJECT_LENGTH = 13
ANSWER_RESERVE = timedelta(seconds=30)
_PROMPT = re.compile(r"([\w-]{1,100})/([1-9]\d{0,6})", re.ASCII)
_BUSY_WORDS = "subscriber"


@dataclass(frozen=True)
class Prompt:
    """What we keep as the provider's reference: the checkout request and the shillings it was sent for.

    The query tells how a prompt ended but not its amount, which the payer cannot change.
    """

    checkout_id: str
    shillings: int

    @classmethod
    def read(cls, text: str) -> "Prompt | None":
        match = _PROMPT.fullmatch(text)
        return cls(match[1], int(match[2])) if match else None

    @property
    def amount(self) -> Money:
        return Money(self.shillings * wire.SHILLING, wire.HOME_CURRENCY)

    def __str__(self) -> str:
        return f"{self.checkout_id}/{self.shillings}"


@dataclass(frozen=True, kw_only=True)
class Prompts:
    daraja: Daraja
    doors: Doors
    turnstile: Turnstile
    passkey: str = field(repr=False)
    transaction_type: str
    receiver: str

    def push(self, request: PaymentRequest, phone: str, shillings: int) -> Operation[PaymentResult]:
        reference, nickname = request.merchant_ref, self.doors.nickname(phone)
        turn = self.turnstile.take(reference, nickname)
        if turn.busy:
            return failed(reference, codes.SESSION_BUSY)
        if not turn.granted:
            return self._asked_before(request)
        try:
            answer = yield from self.daraja.call(PUSH, self._content(request, phone, shillings), purpose="mpesa.push")
        except (NotSent, RateLimited):
            self.turnstile.give_back(reference, nickname)
            raise
        result = self._pushed(answer, request, shillings)
        if result.state is PaymentState.FAILED:
            self.turnstile.ended(reference)
        self.turnstile.remember(reference, nickname, result.provider_ref)
        return result

    def query(self, merchant_ref: str, prompt: Prompt) -> Operation[PaymentResult]:
        content = {**self._signed(), "CheckoutRequestID": prompt.checkout_id}
        answer = yield from self.daraja.call(QUERY, content, purpose="mpesa.query")
        result = _ended(answer, merchant_ref, prompt)
        if result.state in (PaymentState.SUCCEEDED, PaymentState.FAILED):
            self.turnstile.ended(merchant_ref)
        return result

    def _asked_before(self, request: PaymentRequest) -> PaymentResult:
        """The same attempt again: the phone is not asked a second time, whatever became of the first call."""
        prompt = Prompt.read(self.turnstile.prompt_of(request.merchant_ref))
        if prompt is None:
            raise OutcomeUnknown("This attempt asked the phone before. Look it up instead of asking again.")
        return self._waiting(request, prompt)

    def _pushed(self, answer: Answer, request: PaymentRequest, shillings: int) -> PaymentResult:
        code = answer.code or answer.text("ResponseCode")
        if not answer.code and code == codes.PAID:
            prompt = Prompt.read(f"{answer.text('CheckoutRequestID')}/{shillings}")
            if prompt is None:
                raise OutcomeUnknown("Safaricom's answer names no checkout request.")
            return self._waiting(request, prompt)
        # The same code means other things elsewhere; only these words say that the phone is in another session.
        busy = code in codes.STILL_WORKING and _BUSY_WORDS in answer.message.lower()
        return failed(request.merchant_ref, codes.SESSION_BUSY if busy else code, answer.message)

    def _waiting(self, request: PaymentRequest, prompt: Prompt) -> PaymentResult:
        ends = self.daraja.now() + PROMPT_LIFETIME
        return PaymentResult(
            state=PaymentState.REQUIRES_ACTION,
            merchant_ref=request.merchant_ref,
            provider_ref=str(prompt),
            amount=prompt.amount,
            action=Action(kind=ActionKind.WAIT_FOR_PROMPT, expires_at=ends),
        )

    def _content(self, request: PaymentRequest, phone: str, shillings: int) -> dict[str, Any]:
        return {
            **self._signed(),
            "TransactionType": self.transaction_type,
            "Amount": shillings,
            "PartyA": phone,
            "PartyB": self.receiver,
            "PhoneNumber": phone,
            "CallBackURL": self.doors.address(request.notify_url, "stk", request.merchant_ref, str(shillings)),
            "AccountReference": request.merchant_ref,
            "TransactionDesc": "".join(filter(str.isalnum, request.subject))[:SUBJECT_LENGTH] or "Payment",
        }

    def _signed(self) -> dict[str, str]:
        timestamp, short_code = wire.stamp(self.daraja.now()), self.daraja.short_code
        password = wire.password(short_code, self.passkey, timestamp)
        return {"BusinessShortCode": short_code, "Password": password, "Timestamp": timestamp}


def failed(merchant_ref: str, code: str, message: str = "") -> PaymentResult:
    """A refusal; an unknown outcome stays unknown, whatever the code was called."""
    decline = codes.classify(code, message)
    unknown = decline.category is DeclineCategory.UNKNOWN_OUTCOME
    state = PaymentState.UNKNOWN if unknown else PaymentState.FAILED
    return PaymentResult(state=state, merchant_ref=merchant_ref, decline=decline)


def ended(merchant_ref: str, provider_ref: str, code: str, message: str = "") -> PaymentResult:
    """How a prompt ended that was not paid, or that nobody knows the end of."""
    result = failed(merchant_ref, code, message)
    return PaymentResult(
        state=result.state, merchant_ref=merchant_ref, provider_ref=provider_ref, decline=result.decline
    )


def _ended(answer: Answer, merchant_ref: str, prompt: Prompt) -> PaymentResult:
    code = answer.code or answer.text("ResultCode")
    if code in codes.STILL_WORKING:
        waiting = PaymentState.REQUIRES_ACTION
        return PaymentResult(state=waiting, merchant_ref=merchant_ref, provider_ref=str(prompt), amount=prompt.amount)
    if answer.code:
        # A question that was refused says nothing about the payment.
        unknown = PaymentState.UNKNOWN
        return PaymentResult(state=unknown, merchant_ref=merchant_ref, decline=answer.decline(), found=False)
    if answer.text("ResponseCode") != codes.PAID or answer.text("CheckoutRequestID") != prompt.checkout_id:
        raise OutcomeUnknown("Safaricom answered about another prompt.", merchant_ref=merchant_ref)
    if code == codes.PAID:
        paid = PaymentState.SUCCEEDED
        return PaymentResult(state=paid, merchant_ref=merchant_ref, provider_ref=str(prompt), amount=prompt.amount)
    return ended(merchant_ref, str(prompt), code, answer.text("ResultDesc"))
