"""Toy Wallet, as its makers would publish it: all the platform ever knows of it stands in this file.

Options `url` and `merchant`; secret `key`. Calls and answers are JSON, signed with HMAC-SHA256 over their bytes.
"""

import hashlib
import hmac
import json
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

from common.http import HttpRequest, Operation
from common.money import Money
from wallets.providers.amounts import check_amount
from wallets.providers.base import (
    Action,
    ActionKind,
    Capability,
    DeclineCategory,
    DeclineInfo,
    Descriptor,
    Event,
    EventKind,
    HttpIn,
    HttpOut,
    IdempotencyKind,
    InvalidWebhook,
    NotSent,
    OutcomeUnknown,
    PaymentRequest,
    PaymentResult,
    PaymentState,
    ProviderConfig,
    RateLimited,
    Reason,
    StatementLine,
    UnsupportedByDefault,
)
from wallets.providers.facts import Books, Facts

AUCKLAND = timezone(timedelta(hours=12))
SIGNATURE = "x-toy-signature"
TOLERANCE = timedelta(minutes=5)
LARGEST = 64 * 1024
STATES = {"open": PaymentState.REQUIRES_ACTION, "paid": PaymentState.SUCCEEDED, "closed": PaymentState.CLOSED}
CODES = {
    "poor": (DeclineCategory.RETRY_LATER, Reason.INSUFFICIENT_FUNDS),
    "used": (DeclineCategory.UNKNOWN_OUTCOME, Reason.DUPLICATE),
    "missing": (DeclineCategory.UNKNOWN_OUTCOME, Reason.NO_RESPONSE),
    "bad": (DeclineCategory.OPERATOR, Reason.INVALID_REQUEST),
}


def receipt_number(provider_ref: str, _notices: Iterable[Mapping[str, Any]]) -> str:
    return f"TOY-{provider_ref}" if provider_ref else ""


FACTS = Facts(
    known_as="Toy Wallet",
    name="Toy Wallet",
    merchant=("merchant",),
    books=Books(zone=AUCKLAND, ready=timedelta(hours=2), grace=timedelta(days=1)),
    payer_number=receipt_number,
    own_browser="ToyWalletApp",
    app_schemes=frozenset({"toywallet"}),
)


class Untrusted(ValueError):
    """Not from the wallet, not about us, or not of now."""


class ToyWallet(UnsupportedByDefault):
    descriptor = Descriptor(
        key="toy",
        display_name="Toy Wallet",
        capabilities=frozenset(
            {
                Capability.ONE_OFF,
                Capability.REDIRECT,
                Capability.CLOSE,
                Capability.STATEMENT,
                Capability.WEBHOOK_SIGNED,
            }
        ),
        currencies=frozenset({"CNY", "EUR"}),
        reference_alphabet=string.digits + string.ascii_lowercase,
        reference_max_length=32,
        idempotency=IdempotencyKind.MERCHANT_REFERENCE,
        max_amount=1_000_000,
    )

    def __init__(self, url: str, merchant: str, key: bytes, now: Callable[[], datetime]) -> None:
        self._url, self._merchant, self._now = url, merchant, now
        self._sign = lambda body: hmac.new(key, body, hashlib.sha256).hexdigest()

    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]:
        check_amount(request.amount, self.descriptor)
        return self._create(request)

    def _create(self, request: PaymentRequest) -> Operation[PaymentResult]:
        said = yield from self._ask(
            "open",
            reference=request.merchant_ref,
            minor=request.amount.minor,
            currency=request.amount.currency,
            subject=request.subject,
            notify=request.notify_url,
            back=request.return_url,
            until=request.expires_at.isoformat() if request.expires_at else "",
        )
        if said["code"] != "ok":
            decline = self.classify(said["code"])
            unknown = decline.category is DeclineCategory.UNKNOWN_OUTCOME
            state = PaymentState.UNKNOWN if unknown else PaymentState.FAILED
            return PaymentResult(state=state, merchant_ref=request.merchant_ref, decline=decline)
        action = Action(kind=ActionKind.REDIRECT, url=said["page"], expires_at=request.expires_at)
        return _payment(said, action)

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        said = yield from self._ask("look", reference=merchant_ref)
        if said["code"] == "ok":
            return _payment(said)
        decline, found = self.classify(said["code"]), said["code"] != "missing"
        return PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=merchant_ref, decline=decline, found=found)

    def close_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        said = yield from self._ask("close", reference=merchant_ref)
        return _payment(said) if said["code"] == "ok" else (yield from self.get_payment(merchant_ref))

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        if self._now() < FACTS.books.ready_at(day):
            raise NotSent("Toy Wallet's books of that day are not ready. Ask the next day, two hours after midnight.")
        return self._statement(day)

    def _statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        said = yield from self._ask("day", reference="", day=day.isoformat())
        if said["code"] != "ok":
            raise OutcomeUnknown("Toy Wallet did not give its books.", provider_code=said["code"])
        return tuple(
            StatementLine(
                kind=EventKind.PAYMENT,
                merchant_ref=line["reference"],
                provider_ref=line["number"],
                amount=Money(line["minor"], line["currency"]),
                fee=Money(line["fee"], line["currency"]),
                booked_at=datetime.fromisoformat(line["paid_at"]),
            )
            for line in said["lines"]
        )

    def parse_webhook(self, call: HttpIn) -> Sequence[Event]:
        try:
            said = self._trusted(call.body, call.headers)
            event = Event(
                kind=EventKind.PAYMENT,
                dedupe_key=said["notice"],
                type="payment",
                payment=_payment(said),
                confirm_first=True,
                facts={"reference": said["reference"], "state": said["state"]},
            )
        except (Untrusted, KeyError) as error:
            raise InvalidWebhook("The notice is not Toy Wallet's, not about us, or not of now.") from error
        return [event]

    def webhook_reply(self, ok: bool) -> HttpOut:
        return HttpOut(status=200 if ok else 503, body=b"thanks" if ok else b"again")

    def classify(self, code: str, message: str = "") -> DeclineInfo:
        category, reason = CODES.get(code, (DeclineCategory.UNKNOWN_OUTCOME, Reason.UNMAPPED))
        return DeclineInfo(category=category, reason=reason, code=code, message=message)

    def _ask(self, what: str, **content: Any) -> Operation[dict[str, Any]]:
        body = json.dumps({"merchant": self._merchant, "at": self._now().isoformat(), **content}).encode()
        headers = {"content-type": "application/json", SIGNATURE: self._sign(body)}
        response = yield HttpRequest(
            method="POST", url=f"{self._url}/{what}", purpose=f"toy.{what}", headers=headers, body=body
        )
        if response.status == 429:
            raise RateLimited("Toy Wallet asked us to slow down.", retry_after=7)
        if response.status != 200:
            raise OutcomeUnknown("Toy Wallet answered with an error page.", status=response.status)
        try:
            said = self._trusted(response.body, response.headers)
        except Untrusted as error:
            raise OutcomeUnknown("Toy Wallet's answer cannot be trusted.") from error
        if said["code"] == "slow":
            raise RateLimited("Toy Wallet asked us to slow down.", retry_after=7)
        if said.get("reference", "") != content["reference"]:
            raise OutcomeUnknown("Toy Wallet answered about another payment.")
        return said

    def _trusted(self, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        signature = headers.get(SIGNATURE, "").encode()
        if len(body) > LARGEST or not hmac.compare_digest(self._sign(body).encode(), signature):
            raise Untrusted("signature")
        said: dict[str, Any] = json.loads(body)
        if said["merchant"] != self._merchant or abs(self._now() - datetime.fromisoformat(said["at"])) > TOLERANCE:
            raise Untrusted("merchant or time")
        return said


def _payment(said: Mapping[str, Any], action: Action | None = None) -> PaymentResult:
    return PaymentResult(
        state=STATES.get(said["state"], PaymentState.UNKNOWN),
        merchant_ref=said["reference"],
        provider_ref=said["number"],
        amount=Money(said["minor"], said["currency"]),
        paid_at=datetime.fromisoformat(said["paid_at"]) if said["paid_at"] else None,
        action=action,
    )


def build(config: ProviderConfig) -> ToyWallet:
    return ToyWallet(config.option("url"), config.option("merchant"), config.secret("key").strip(), config.now)
