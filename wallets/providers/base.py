"""The contract between the platform and a wallet provider.

A provider builds requests and reads answers; it never opens a connection and never touches the database. Every method
that returns an `Operation` is a generator: it yields `HttpRequest`s, receives `HttpResponse`s and returns its result.
`common.http.run(operation)` runs one and waits (a web page), `await common.http.arun(operation)` runs many at a time
(the debit worker). A method that needs no network may return its result from the first step.

Errors while an operation runs: `NotSent` (provably not received, repeat freely), `OutcomeUnknown` (look it up, or
repeat with the same reference, never with a new one), `RateLimited`. A refusal is a result with a `DeclineInfo`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NoReturn, Protocol, runtime_checkable

from common.http import HttpRequest, HttpResponse, Operation
from common.money import Money
from wallets.providers.config import ProviderConfig
from wallets.providers.errors import ConfigError, InvalidWebhook, NotSent, OutcomeUnknown, RateLimited, Unsupported
from wallets.providers.messages import (
    Action,
    ChargeRequest,
    ChargeWindow,
    DeclineInfo,
    Descriptor,
    Dispute,
    Event,
    HttpIn,
    HttpOut,
    MandateRequest,
    MandateResult,
    MandateSnapshot,
    MandateTerms,
    PaymentRequest,
    PaymentResult,
    RefundRequest,
    RefundResult,
    StatementLine,
)
from wallets.providers.references import reference
from wallets.providers.retrying import RetryRules
from wallets.providers.vocabulary import (
    ActionKind,
    Capability,
    Channel,
    Claim,
    DeclineCategory,
    EventKind,
    IdempotencyKind,
    MandateState,
    PaymentState,
    PeriodUnit,
    Reason,
    RefundState,
)

__all__ = [
    "Action",
    "ActionKind",
    "AddressRegistrar",
    "Capability",
    "Channel",
    "ChargeRequest",
    "ChargeWindow",
    "Claim",
    "ConfigError",
    "DeclineCategory",
    "DeclineInfo",
    "Descriptor",
    "Dispute",
    "Event",
    "EventKind",
    "HttpIn",
    "HttpOut",
    "HttpRequest",
    "HttpResponse",
    "IdempotencyKind",
    "InvalidWebhook",
    "MandateRequest",
    "MandateResult",
    "MandateSnapshot",
    "MandateState",
    "MandateTerms",
    "NotSent",
    "Operation",
    "OutcomeUnknown",
    "PaymentRequest",
    "PaymentResult",
    "PaymentState",
    "PeriodUnit",
    "ProviderConfig",
    "RateLimited",
    "Reason",
    "RefundRequest",
    "RefundResult",
    "RefundState",
    "RetryRules",
    "StatementLine",
    "Unsupported",
    "UnsupportedByDefault",
    "WalletProvider",
]


@runtime_checkable
class WalletProvider(Protocol):
    descriptor: Descriptor

    def merchant_ref(self, attempt_id: str) -> str:
        """Our reference of an attempt in the provider's alphabet and length: pure, and the same every time."""

    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]: ...

    def payer_page(self, return_url: str, state: str) -> str:
        """Where the browser inside the wallet's own app is told who pays. It comes back to `return_url` with `state`
        and a `code`; only providers that have `names_payer_in_own_app` have such a page."""

    def payer_id(self, code: str) -> Operation[str]:
        """The `payer_hint` that a code stands for, once. Raises `InvalidInput` for a code that is spent: ask anew."""

    def close_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        """Make sure an unpaid payment can no longer be paid. A result of `succeeded` means it was paid before."""

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]: ...

    def start_mandate(self, request: MandateRequest) -> Operation[MandateResult]: ...

    def get_mandate(self, mandate_ref: str, merchant_ref: str = "") -> Operation[MandateResult]: ...

    def revoke_mandate(self, mandate_ref: str, reason: str) -> Operation[MandateResult]:
        """End the mandate at the provider. Already ended is success."""

    def postpone_charge(self, mandate: MandateSnapshot, day: date, reason: str) -> Operation[MandateResult]:
        """Move the next agreed day to a later one; the result's `next_charge_on` is the day that now holds."""

    def charge_window(self, mandate: MandateSnapshot, amount: Money, now: datetime) -> ChargeWindow:
        """When the provider's rules let this amount be charged; pure."""

    def announce_charge(self, request: ChargeRequest) -> Operation[ChargeWindow]:
        """The provider's own pre-debit notice; announcing twice is success."""

    def charge(self, request: ChargeRequest) -> Operation[PaymentResult]: ...

    def refund(self, request: RefundRequest) -> Operation[RefundResult]: ...

    def get_refund(self, refund_ref: str, merchant_ref: str, provider_ref: str = "") -> Operation[RefundResult]:
        """`provider_ref` is the payment's, as in `RefundRequest`."""

    def prepare_webhook(self, call: HttpIn) -> Operation[None] | None:
        """What `parse_webhook` lacks and the network can give (a certificate); run it first. `None`: nothing lacks."""

    def parse_webhook(self, call: HttpIn) -> Sequence[Event]:
        """Verify and translate an inbound call; raises `InvalidWebhook`."""

    def webhook_reply(self, ok: bool) -> HttpOut:
        """The exact bytes the provider wants to hear; `ok=False` asks it to deliver again."""

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        """The provider's books of one of its own calendar days."""

    def classify(self, code: str, message: str = "") -> DeclineInfo:
        """A pure table from provider code to category and reason; an unlisted code is an unknown outcome."""


@runtime_checkable
class AddressRegistrar(Protocol):
    """A provider that has to be told by a call where its notices go."""

    def register_addresses(self, notify_url: str) -> Operation[None]:
        """Done once, by an operator. Raises `ConfigError` when the address is not taken."""


class UnsupportedByDefault:
    """Base for adapters: whatever a provider cannot do refuses with `Unsupported`, so a small provider stays small."""

    descriptor: Descriptor

    def _unsupported(self, operation: str) -> NoReturn:
        message = f"{self.descriptor.display_name} cannot {operation}. Choose another wallet or another way to pay."
        raise Unsupported(message)

    def merchant_ref(self, attempt_id: str) -> str:
        return reference(attempt_id, self.descriptor)

    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]:
        self._unsupported("take a one-off payment")

    def payer_page(self, return_url: str, state: str) -> str:
        self._unsupported("say who pays")

    def payer_id(self, code: str) -> Operation[str]:
        self._unsupported("say who pays")

    def close_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        self._unsupported("close a payment")

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        self._unsupported("look up a payment")

    def start_mandate(self, request: MandateRequest) -> Operation[MandateResult]:
        self._unsupported("sign a mandate")

    def get_mandate(self, mandate_ref: str, merchant_ref: str = "") -> Operation[MandateResult]:
        self._unsupported("look up a mandate")

    def revoke_mandate(self, mandate_ref: str, reason: str) -> Operation[MandateResult]:
        self._unsupported("revoke a mandate for us")

    def postpone_charge(self, mandate: MandateSnapshot, day: date, reason: str) -> Operation[MandateResult]:
        self._unsupported("move the day of a charge")

    def charge_window(self, mandate: MandateSnapshot, amount: Money, now: datetime) -> ChargeWindow:
        self._unsupported("be charged by us")

    def announce_charge(self, request: ChargeRequest) -> Operation[ChargeWindow]:
        self._unsupported("announce a charge")

    def charge(self, request: ChargeRequest) -> Operation[PaymentResult]:
        self._unsupported("be charged by us")

    def refund(self, request: RefundRequest) -> Operation[RefundResult]:
        self._unsupported("refund")

    def get_refund(self, refund_ref: str, merchant_ref: str, provider_ref: str = "") -> Operation[RefundResult]:
        self._unsupported("look up a refund")

    def prepare_webhook(self, call: HttpIn) -> Operation[None] | None:
        return None

    def parse_webhook(self, call: HttpIn) -> Sequence[Event]:
        raise InvalidWebhook(f"{self.descriptor.display_name} sends no notices.")

    def webhook_reply(self, ok: bool) -> HttpOut:
        return HttpOut(status=200 if ok else 500, body=b"")

    def classify(self, code: str, message: str = "") -> DeclineInfo:
        unlisted = DeclineCategory.UNKNOWN_OUTCOME
        return DeclineInfo(category=unlisted, reason=Reason.UNMAPPED, code=code, message=message)

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        self._unsupported("provide a statement")
