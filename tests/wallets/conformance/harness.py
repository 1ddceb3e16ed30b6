"""What drives one provider's simulator for the suite."""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import NoReturn

from common.http import run
from common.money import Money
from tests.wallets.receiver import Receiver
from wallets.providers.base import (
    Capability,
    Channel,
    ChargeRequest,
    DeclineCategory,
    Event,
    HttpIn,
    InvalidWebhook,
    MandateRequest,
    MandateResult,
    MandateSnapshot,
    MandateState,
    MandateTerms,
    PaymentRequest,
    PaymentResult,
    PaymentState,
    PeriodUnit,
    RefundRequest,
    WalletProvider,
)

_numbers = itertools.count(1)


class Harness(ABC):
    """`provider` is built against the simulator, `receiver` takes its webhooks.

    `lacks`: what this wallet has not, by the names used in `@lacking(...)` or as `fault:<kind>`, each with the reason
    why it cannot have it. `settles_later`: a charge is only accepted at first, `settle` brings its result.
    `wire_channel`: the channel whose payments are created by a call (a signed page address needs none).
    `skips`: the folder of its list of skips.
    `agreeing_channel`: where the wallet lets an agreement be signed while paying.
    """

    provider: WalletProvider
    receiver: Receiver
    currency: str
    declines: dict[str, DeclineCategory] = {}
    lacks: dict[str, str] = {}
    settles_later = False
    wire_channel = Channel.PHONE
    agreeing_channel = Channel.QR
    payer_hint = ""
    statement_zone: tzinfo = UTC
    statement_ready = timedelta(days=2)
    skips = Path(__file__).parent / "skips"

    @property
    def name(self) -> str:
        """Names the list of skips; a provider with several harnesses needs one name for each."""
        return self.provider.descriptor.key

    # What every simulator can do

    @abstractmethod
    def now(self) -> datetime: ...

    @abstractmethod
    def move_clock(self, moment: datetime) -> None: ...

    @abstractmethod
    def fault(self, kind: str, **fields: object) -> None: ...

    @abstractmethod
    def debits(self, merchant_ref: str) -> int:
        """How often money moved for this reference, counted by the simulator."""

    # What a capability needs: a provider that has it must answer

    def opens(self, payment: PaymentResult) -> None:  # noqa: B027 - not every wallet has a page
        """The payer looks at the payment without paying."""

    def user_pays(self, payment: PaymentResult) -> None:
        """The payer pays, or tries to: a refusal by the wallet is no error here."""
        self._missing("user_pays")

    def user_declines(self, payment: PaymentResult) -> None:
        self._missing("user_declines")

    def user_signs(self, url: str) -> None:
        self._missing("user_signs")

    def saved(self, *, asks: bool = False) -> str:
        """The reference of a wallet the payer had remembered while paying; `asks`: their bank wants to be asked."""
        self._missing("saved")

    def confirms(self, payment: PaymentResult, step: str = "approve") -> None:
        """The payer answers what the wallet asks about a payment with a saved wallet; `refuse` is the other step."""
        self._missing("confirms")

    def user_unsigns(self, mandate_ref: str) -> None:
        self._missing("user_unsigns")

    def expire(self, mandate_ref: str) -> None:
        self._missing("expire")

    def settle(self, merchant_ref: str) -> None:
        """Let the wallet finish an accepted charge; with a `decline` fault waiting, that is how it ends."""
        self._missing("settle")

    def moves_beside(self, minor: int) -> None:
        """Money comes into (or, negative, goes out of) our balance that no payment of ours moved."""
        self._missing("moves_beside")

    def withdraws(self, minor: int) -> None:
        """From the wallet to our own bank account."""
        self._missing("withdraws")

    def settle_refund(self, refund_ref: str, *, succeeds: bool) -> None:
        """Let the wallet finish a refund that the fault `refund_pending` left open."""
        self._missing("settle_refund")

    def reverse(self, merchant_ref: str) -> None:
        """The payer gets a settled payment back (dispute, chargeback, reversal)."""
        self._missing("reverse")

    def provider_debits(self, mandate: MandateSnapshot) -> None:
        """The wallet runs the next debit of its own schedule."""
        self._missing("provider_debits")

    def deposits(self, payment: PaymentResult, kind: str) -> None:
        """Send to the payment's address: `exact`, `under`, `over`, `late`, `second` or `wrong_token`."""
        self._missing("deposits")

    def confirm(self) -> None:  # noqa: B027 - only a chain confirms
        """Let the chain make what it has final."""

    def unreachable(self) -> WalletProvider:
        """The same provider with a gateway nobody listens at."""
        self._missing("unreachable")

    def foreign(self) -> WalletProvider:
        """The same provider set up for another merchant account, same keys where they are the platform's."""
        self._missing("foreign")

    def tampered(self, call: HttpIn) -> list[HttpIn]:
        """The call with each field (and each signed header) changed or dropped, one at a time."""
        self._missing("tampered")

    # What the suite builds with the above; override what is different here

    def ref(self) -> str:
        return self.provider.merchant_ref(f"attempt-{next(_numbers)}")

    def money(self, minor: int = 1234) -> Money:
        """Amounts of the suite count the wallet's smallest step, whatever that is."""
        return Money(minor * self.provider.descriptor.step(self.currency), self.currency)

    def payment(self, **changes: object) -> PaymentRequest:
        request = PaymentRequest(
            merchant_ref=self.ref(),
            amount=self.money(),
            subject="Instalment 1",
            notify_url=self.receiver.url,
            payer_hint=self.payer_hint,
            client_ip="127.0.0.1",
        )
        return replace(request, **changes)

    def created(self, **changes: object) -> PaymentResult:
        return run(self.provider.create_payment(self.payment(**changes)))

    def paid(self) -> PaymentResult:
        payment = self.created()
        self.user_pays(payment)
        return self.looked_up(payment)

    def looked_up(self, payment: PaymentResult) -> PaymentResult:
        return run(self.provider.get_payment(payment.merchant_ref, payment.provider_ref))

    def terms(self) -> MandateTerms:
        first = (self.now() + timedelta(days=2)).date()
        return MandateTerms(
            single_limit=self.money(5000), period_unit=PeriodUnit.MONTH, period=1, first_charge_on=first
        )

    def mandate_request(self, **terms: object) -> MandateRequest:
        return MandateRequest(
            merchant_ref=self.ref(),
            terms=replace(self.terms(), **terms),
            subject="Instalment plan",
            notify_url=self.receiver.url,
            channel=Channel.PHONE,
            login_ref="debtor-1",
            payer_hint=self.payer_hint,
            client_ip="127.0.0.1",
        )

    def signs(self, started: MandateResult) -> None:
        self.user_signs(started.action.url or started.action.payload)

    def signed(self, request: MandateRequest) -> MandateResult:
        started = run(self.provider.start_mandate(request))
        assert started.state is MandateState.PENDING
        self.signs(started)
        return run(self.provider.get_mandate(started.mandate_ref, request.merchant_ref))

    def mandate(self, **terms: object) -> MandateSnapshot:
        """A signed mandate."""
        request = self.mandate_request(**terms)
        signed = self.signed(request)
        return MandateSnapshot(
            mandate_ref=signed.mandate_ref,
            merchant_ref=request.merchant_ref,
            state=signed.state,
            terms=request.terms,
            next_charge_on=signed.next_charge_on,
        )

    def charge(self, mandate: MandateSnapshot, minor: int = 1234) -> ChargeRequest:
        """A charge that may be sent now: announced where that is needed, and inside its window."""
        request = self.charge_request(mandate, minor)
        if self.provider.descriptor.can(Capability.PRE_DEBIT_NOTICE):
            run(self.provider.announce_charge(request))
        self.enter_window(mandate, request.amount)
        return request

    def charge_request(self, mandate: MandateSnapshot, minor: int = 1234) -> ChargeRequest:
        return ChargeRequest(
            merchant_ref=self.ref(),
            mandate=mandate,
            amount=self.money(minor),
            subject="Instalment 1",
            notify_url=self.receiver.url,
        )

    def enter_window(self, mandate: MandateSnapshot, amount: Money) -> None:
        window = self.provider.charge_window(mandate, amount, self.now())
        if not window.open_now and window.opens_at:
            self.move_clock(window.opens_at + timedelta(minutes=1))

    def outcome(self, request: ChargeRequest) -> PaymentResult:
        """What became of a charge in the end."""
        result = run(self.provider.charge(request))
        if not (self.settles_later and result.state is PaymentState.PENDING):
            return result
        self.settle(request.merchant_ref)
        return run(self.provider.get_payment(request.merchant_ref, result.provider_ref))

    def refund_request(self, paid: PaymentResult, minor: int) -> RefundRequest:
        return RefundRequest(
            merchant_ref=paid.merchant_ref,
            refund_ref=self.ref(),
            amount=self.money(minor),
            provider_ref=paid.provider_ref,
        )

    def said(self, wanted: Callable[[Event], object], count: int = 1) -> list[tuple[HttpIn, Event]]:
        """The genuine webhooks so far that carry a wanted event, once there are `count`."""
        found: list[tuple[HttpIn, Event]] = []

        def enough() -> bool:
            pairs = ((call, event) for call in list(self.receiver.calls) for event in self._events(call))
            found[:] = [(call, event) for call, event in pairs if wanted(event)]
            return len(found) >= count

        self.receiver.wait_until(enough, f"{count} of the webhooks looked for")
        return found

    def parse(self, call: HttpIn, provider: WalletProvider | None = None) -> list[Event]:
        """As the platform does it: fetch what is lacking, then verify."""
        provider = provider or self.provider
        lacking = provider.prepare_webhook(call)
        if lacking is not None:
            run(lacking)
        return list(provider.parse_webhook(call))

    def _events(self, call: HttpIn) -> list[Event]:
        try:
            return self.parse(call)
        except InvalidWebhook:
            return []

    def _missing(self, hook: str) -> NoReturn:
        message = f"{type(self).__name__} must implement {hook}: the provider's capabilities say it can do this"
        raise NotImplementedError(message)
