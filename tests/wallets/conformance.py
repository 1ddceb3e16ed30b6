"""What every wallet provider must do, asked on the wire. A provider adds a harness; what it cannot do skips."""

import itertools
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from common.http import run
from common.money import Money
from tests.wallets.receiver import Receiver
from wallets.providers.base import (
    Capability,
    Channel,
    ChargeRequest,
    DeclineCategory,
    EventKind,
    HttpIn,
    InvalidWebhook,
    MandateRequest,
    MandateSnapshot,
    MandateState,
    MandateTerms,
    NotSent,
    OutcomeUnknown,
    PaymentRequest,
    PaymentResult,
    PaymentState,
    PeriodUnit,
    RateLimited,
    RefundRequest,
    RefundState,
    Unsupported,
    WalletProvider,
)

_numbers = itertools.count(1)


class Harness(ABC):
    """Drives one provider's simulator. `provider` is built against it, `receiver` takes its webhooks."""

    provider: WalletProvider
    receiver: Receiver
    currency: str
    declines: dict[str, DeclineCategory]

    @abstractmethod
    def now(self) -> datetime: ...

    @abstractmethod
    def move_clock(self, moment: datetime) -> None: ...

    @abstractmethod
    def fault(self, kind: str, **fields: object) -> None: ...

    @abstractmethod
    def debits(self, merchant_ref: str) -> int: ...

    @abstractmethod
    def user_pays(self, payment: PaymentResult) -> None: ...

    @abstractmethod
    def user_signs(self, url: str) -> None: ...

    @abstractmethod
    def user_unsigns(self, mandate_ref: str) -> None: ...

    @abstractmethod
    def expire(self, mandate_ref: str) -> None: ...

    @abstractmethod
    def unreachable(self) -> WalletProvider:
        """The same provider with a gateway nobody listens at."""

    @abstractmethod
    def foreign(self) -> WalletProvider:
        """The same provider set up for another merchant account."""

    @abstractmethod
    def tampered(self, call: HttpIn) -> list[HttpIn]:
        """The call with each field changed, one at a time."""

    def ref(self) -> str:
        return self.provider.merchant_ref(f"attempt-{next(_numbers)}")

    def money(self, minor: int = 1234) -> Money:
        return Money(minor, self.currency)

    def payment(self, **changes: object) -> PaymentRequest:
        request = PaymentRequest(
            merchant_ref=self.ref(), amount=self.money(), subject="Instalment 1", notify_url=self.receiver.url
        )
        return replace(request, **changes)

    def paid(self) -> PaymentResult:
        payment = run(self.provider.create_payment(self.payment()))
        self.user_pays(payment)
        return run(self.provider.get_payment(payment.merchant_ref))

    def mandate(self, **terms: object) -> MandateSnapshot:
        """A signed mandate whose window is open now."""
        first = self.now().date() + timedelta(days=2)
        if first.day > 28:
            first = first.replace(day=1) + timedelta(days=31)
            first = first.replace(day=1)
            self.move_clock(datetime.combine(first, self.now().timetz()) - timedelta(days=2))
        agreed = MandateTerms(
            single_limit=self.money(5000), period_unit=PeriodUnit.MONTH, period=1, first_charge_on=first
        )
        request = MandateRequest(
            merchant_ref=self.ref(),
            terms=replace(agreed, **terms),
            subject="Instalment plan",
            notify_url=self.receiver.url,
            channel=Channel.PHONE,
        )
        started = run(self.provider.start_mandate(request))
        assert started.state is MandateState.PENDING
        self.user_signs(started.action.url)
        signed = run(self.provider.get_mandate("", request.merchant_ref))
        return MandateSnapshot(
            mandate_ref=signed.mandate_ref,
            merchant_ref=request.merchant_ref,
            state=signed.state,
            terms=request.terms,
            next_charge_on=signed.next_charge_on,
        )

    def charge(self, mandate: MandateSnapshot, minor: int = 1234) -> ChargeRequest:
        return ChargeRequest(
            merchant_ref=self.ref(),
            mandate=mandate,
            amount=self.money(minor),
            subject="Instalment 1",
            notify_url=self.receiver.url,
        )


class ProviderConformance:
    @pytest.fixture(autouse=True)
    def _harness(self, harness: Harness) -> None:
        self.h = harness
        self.provider = harness.provider

    def needs(self, *capabilities: Capability) -> None:
        lacking = [one.value for one in capabilities if not self.provider.descriptor.can(one)]
        if lacking:
            pytest.skip(f"{self.provider.descriptor.key} has no {', '.join(lacking)}")

    # The contract itself

    def test_it_is_a_wallet_provider(self):
        assert isinstance(self.provider, WalletProvider)
        assert self.provider.descriptor.currencies

    def test_capabilities_do_not_contradict_each_other(self):
        has = self.provider.descriptor.can
        assert not has(Capability.PARTIAL_REFUND) or has(Capability.REFUND)
        assert not has(Capability.MERCHANT_CHARGE) or has(Capability.MANDATE)
        assert not (has(Capability.MERCHANT_CHARGE) and has(Capability.PROVIDER_SCHEDULED))

    @pytest.mark.parametrize(
        "attempt", ["1", "0190c7a2-93d1-7aaa-8000-1234567890ab", "尝试 7", "a_b", "a-b", "x" * 200]
    )
    def test_a_reference_is_legal_and_stable(self, attempt):
        rules = self.provider.descriptor
        reference = self.provider.merchant_ref(attempt)
        assert reference == self.provider.merchant_ref(attempt)
        assert set(reference) <= set(rules.reference_alphabet)
        assert rules.reference_min_length <= len(reference) <= rules.reference_max_length

    def test_different_attempts_have_different_references(self):
        attempts = ["a-b", "a_b", "a.b", "ab", "a b", "a_2db", "A-b", "x" * 200, "x" * 201]
        assert len({self.provider.merchant_ref(attempt) for attempt in attempts}) == len(attempts)

    def test_no_secret_shows_in_a_repr(self):
        text = repr(self.provider) + repr(vars(self.provider))
        assert "PRIVATE KEY" not in text

    def test_an_unlisted_code_is_an_unknown_outcome(self):
        decline = self.provider.classify("SOMETHING_INVENTED_YESTERDAY")
        assert decline.category is DeclineCategory.UNKNOWN_OUTCOME

    def test_listed_declines_have_their_category(self):
        assert {code: self.provider.classify(code).category for code in self.h.declines} == self.h.declines

    def test_another_currency_is_refused(self):
        self.needs(Capability.ONE_OFF)
        with pytest.raises(Unsupported):
            run(self.provider.create_payment(self.h.payment(amount=Money(100, "XTS"))))

    # One-off payments

    def test_a_payment_is_paid_once_with_the_exact_amount(self):
        self.needs(Capability.ONE_OFF)
        paid = self.h.paid()
        assert (paid.state, paid.amount) == (PaymentState.SUCCEEDED, self.h.money())
        assert self.h.debits(paid.merchant_ref) == 1

    def test_an_unpaid_payment_is_not_a_success(self):
        self.needs(Capability.ONE_OFF)
        payment = run(self.provider.create_payment(self.h.payment()))
        assert payment.state in (PaymentState.REQUIRES_ACTION, PaymentState.PENDING)
        found = run(self.provider.get_payment(payment.merchant_ref))
        assert found.state not in (PaymentState.SUCCEEDED, PaymentState.FAILED)

    def test_a_qr_payment_can_be_paid(self):
        self.needs(Capability.QR)
        payment = run(self.provider.create_payment(self.h.payment(channel=Channel.QR)))
        self.h.user_pays(payment)
        assert run(self.provider.get_payment(payment.merchant_ref)).state is PaymentState.SUCCEEDED

    def test_closing_a_paid_payment_says_it_was_paid(self):
        self.needs(Capability.ONE_OFF, Capability.CLOSE)
        paid = self.h.paid()
        assert run(self.provider.close_payment(paid.merchant_ref)).state is PaymentState.SUCCEEDED

    def test_a_looked_up_payment_that_nobody_knows_is_not_a_failure(self):
        self.needs(Capability.ONE_OFF)
        found = run(self.provider.get_payment(self.h.ref()))
        assert (found.state, found.found) == (PaymentState.UNKNOWN, False)

    # Mandates

    def test_a_signed_mandate_is_active(self):
        self.needs(Capability.MANDATE)
        mandate = self.h.mandate()
        assert (mandate.state, bool(mandate.mandate_ref)) == (MandateState.ACTIVE, True)

    def test_an_expired_mandate_is_noticed_by_looking(self):
        self.needs(Capability.MANDATE)
        mandate = self.h.mandate()
        self.h.expire(mandate.mandate_ref)
        assert run(self.provider.get_mandate(mandate.mandate_ref)).state is MandateState.EXPIRED

    def test_a_mandate_ended_in_the_wallet_is_noticed_by_looking(self):
        self.needs(Capability.MANDATE)
        mandate = self.h.mandate()
        self.h.user_unsigns(mandate.mandate_ref)
        assert run(self.provider.get_mandate(mandate.mandate_ref)).state is MandateState.REVOKED

    def test_revoking_twice_is_fine_and_blocks_the_charge(self):
        self.needs(Capability.MANDATE, Capability.REVOKE_BY_MERCHANT, Capability.MERCHANT_CHARGE)
        mandate = self.h.mandate()
        for _ in range(2):
            assert run(self.provider.revoke_mandate(mandate.mandate_ref, "asked")).state is MandateState.REVOKED
        request = self.h.charge(mandate)
        result = run(self.provider.charge(request))
        assert result.state is PaymentState.FAILED
        assert result.decline.category is DeclineCategory.NEEDS_CUSTOMER_ACTION
        assert self.h.debits(request.merchant_ref) == 0

    # Charges

    def charged(self):
        self.needs(Capability.MERCHANT_CHARGE)
        request = self.h.charge(self.h.mandate())
        return request, run(self.provider.charge(request))

    def test_a_charge_debits_once_with_the_exact_amount(self):
        request, result = self.charged()
        assert (result.state, result.amount) == (PaymentState.SUCCEEDED, request.amount)
        assert self.h.debits(request.merchant_ref) == 1

    def test_the_same_attempt_twice_is_one_debit(self):
        request, first = self.charged()
        again = run(self.provider.charge(request))
        assert (again.state, again.provider_ref) == (PaymentState.SUCCEEDED, first.provider_ref)
        assert self.h.debits(request.merchant_ref) == 1

    def test_a_timeout_after_the_debit_is_unknown_and_a_look_up_finds_it(self):
        self.needs(Capability.MERCHANT_CHARGE)
        request = self.h.charge(self.h.mandate())
        self.h.fault("timeout_after_commit")
        with pytest.raises(OutcomeUnknown):
            run(self.provider.charge(request))
        assert run(self.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED
        assert self.h.debits(request.merchant_ref) == 1

    def test_a_timeout_before_the_debit_is_unknown_too(self):
        self.needs(Capability.MERCHANT_CHARGE)
        request = self.h.charge(self.h.mandate())
        self.h.fault("timeout_before_commit")
        with pytest.raises(OutcomeUnknown):
            run(self.provider.charge(request))
        assert run(self.provider.get_payment(request.merchant_ref)).found is False
        assert self.h.debits(request.merchant_ref) == 0

    @pytest.mark.parametrize("fault", ["bad_signature", "garbage", "http_500", "wrong_trade"])
    def test_an_answer_that_cannot_be_trusted_is_unknown(self, fault):
        self.needs(Capability.MERCHANT_CHARGE)
        request = self.h.charge(self.h.mandate())
        self.h.fault(fault)
        with pytest.raises(OutcomeUnknown):
            run(self.provider.charge(request))

    @pytest.mark.parametrize("fault", ["http_429", "rate_limited"])
    def test_a_rate_limit_moves_nothing_and_says_when_to_return(self, fault):
        self.needs(Capability.MERCHANT_CHARGE)
        request = self.h.charge(self.h.mandate())
        self.h.fault(fault)
        with pytest.raises(RateLimited) as limited:
            run(self.provider.charge(request))
        assert limited.value.retry_after > 0
        assert self.h.debits(request.merchant_ref) == 0

    def test_a_gateway_nobody_listens_at_is_not_sent(self):
        self.needs(Capability.MERCHANT_CHARGE)
        with pytest.raises(NotSent):
            run(self.h.unreachable().charge(self.h.charge(self.h.mandate())))

    def test_accepted_is_not_paid(self):
        self.needs(Capability.MERCHANT_CHARGE)
        request = self.h.charge(self.h.mandate())
        self.h.fault("accept_only")
        assert run(self.provider.charge(request)).state is PaymentState.PENDING
        assert self.h.debits(request.merchant_ref) == 0

    def test_each_decline_is_a_value_with_its_category(self):
        self.needs(Capability.MERCHANT_CHARGE)
        mandate = self.h.mandate()
        for code, category in self.h.declines.items():
            self.h.fault("decline", code=code)
            result = run(self.provider.charge(self.h.charge(mandate)))
            assert result.decline.category is category, code
            unknown = category is DeclineCategory.UNKNOWN_OUTCOME
            assert result.state is (PaymentState.UNKNOWN if unknown else PaymentState.FAILED), code

    def test_a_charge_above_the_mandate_is_refused_on_both_sides(self):
        self.needs(Capability.MERCHANT_CHARGE)
        mandate = self.h.mandate()
        request = self.h.charge(mandate, 5001)
        assert self.provider.charge_window(mandate, request.amount, self.h.now()).opens_at is None
        assert run(self.provider.charge(request)).state is PaymentState.FAILED
        assert self.h.debits(request.merchant_ref) == 0

    # Refunds

    def refund(self, paid: PaymentResult, minor: int) -> RefundRequest:
        return RefundRequest(merchant_ref=paid.merchant_ref, refund_ref=self.h.ref(), amount=self.h.money(minor))

    def test_a_refund_repeated_moves_money_once(self):
        self.needs(Capability.REFUND, Capability.PARTIAL_REFUND)
        paid = self.h.paid()
        request = self.refund(paid, 234)
        results = [run(self.provider.refund(request)) for _ in range(2)]
        assert [result.state for result in results] == [RefundState.SUCCEEDED] * 2
        found = run(self.provider.get_refund(request.refund_ref, request.merchant_ref))
        assert (found.state, found.amount) == (RefundState.SUCCEEDED, request.amount)
        rest = run(self.provider.refund(self.refund(paid, 1000)))
        assert rest.state is RefundState.SUCCEEDED

    def test_a_refund_call_that_moved_no_money_is_not_a_success(self):
        self.needs(Capability.REFUND)
        request = self.refund(self.h.paid(), 1234)
        self.h.fault("accept_only")
        assert run(self.provider.refund(request)).state in (RefundState.UNKNOWN, RefundState.PENDING)

    def test_more_than_was_paid_cannot_be_refunded(self):
        self.needs(Capability.REFUND, Capability.PARTIAL_REFUND)
        paid = self.h.paid()
        assert run(self.provider.refund(self.refund(paid, 1000))).state is RefundState.SUCCEEDED
        assert run(self.provider.refund(self.refund(paid, 235))).state is RefundState.FAILED

    def test_a_refunded_payment_stays_a_payment_that_succeeded(self):
        self.needs(Capability.REFUND)
        paid = self.h.paid()
        assert run(self.provider.refund(self.refund(paid, 1234))).state is RefundState.SUCCEEDED
        assert run(self.provider.get_payment(paid.merchant_ref)).state is PaymentState.SUCCEEDED

    def test_a_refund_nobody_asked_for_is_not_a_success(self):
        self.needs(Capability.REFUND)
        paid = self.h.paid()
        assert run(self.provider.get_refund(self.h.ref(), paid.merchant_ref)).state is RefundState.UNKNOWN

    # Webhooks

    def test_a_payment_is_announced_by_a_verified_webhook(self):
        self.needs(Capability.ONE_OFF, Capability.WEBHOOK_SIGNED)
        paid = self.h.paid()
        (event,) = self.provider.parse_webhook(self.h.receiver.wait()[0])
        assert (event.kind, event.payment.state) == (EventKind.PAYMENT, PaymentState.SUCCEEDED)
        assert (event.payment.merchant_ref, event.payment.amount) == (paid.merchant_ref, paid.amount)
        assert event.dedupe_key

    def test_a_repeated_webhook_has_the_same_dedupe_key(self):
        self.needs(Capability.ONE_OFF, Capability.WEBHOOK_SIGNED)
        self.h.fault("duplicate")
        self.h.paid()
        calls = self.h.receiver.wait(2)
        assert len({self.provider.parse_webhook(call)[0].dedupe_key for call in calls}) == 1

    @pytest.mark.parametrize("fault", ["forge", "tamper"])
    def test_a_webhook_that_is_not_genuine_is_refused(self, fault):
        self.needs(Capability.ONE_OFF, Capability.WEBHOOK_SIGNED)
        self.h.fault(fault)
        self.h.paid()
        with pytest.raises(InvalidWebhook):
            self.provider.parse_webhook(self.h.receiver.wait()[0])

    def test_no_field_of_a_webhook_can_be_changed(self):
        self.needs(Capability.ONE_OFF, Capability.WEBHOOK_SIGNED)
        self.h.paid()
        changed = self.h.tampered(self.h.receiver.wait()[0])
        assert changed
        for call in changed:
            with pytest.raises(InvalidWebhook):
                self.provider.parse_webhook(call)

    def test_a_webhook_of_another_merchant_is_refused(self):
        self.needs(Capability.ONE_OFF, Capability.WEBHOOK_SIGNED)
        self.h.paid()
        with pytest.raises(InvalidWebhook):
            self.h.foreign().parse_webhook(self.h.receiver.wait()[0])

    @pytest.mark.parametrize("body", [b"", b"sign=x", b"\xff\xfe", b"a" * 10_000_000, b"=&=&=", b"{}"])
    def test_rubbish_is_refused_and_nothing_worse(self, body):
        self.needs(Capability.WEBHOOK_SIGNED)
        with pytest.raises(InvalidWebhook):
            self.provider.parse_webhook(HttpIn(method="POST", path="/", body=body))

    def test_signing_and_ending_a_mandate_are_announced(self):
        self.needs(Capability.MANDATE, Capability.WEBHOOK_SIGNED)
        mandate = self.h.mandate()
        self.h.user_unsigns(mandate.mandate_ref)
        events = [self.provider.parse_webhook(call)[0] for call in self.h.receiver.wait(2)]
        assert [event.mandate.state for event in events] == [MandateState.ACTIVE, MandateState.REVOKED]
        assert {event.mandate.mandate_ref for event in events} == {mandate.mandate_ref}

    # Statements

    def test_the_statement_lists_what_moved(self):
        self.needs(Capability.STATEMENT, Capability.ONE_OFF, Capability.REFUND)
        paid = self.h.paid()
        refund = self.refund(paid, 234)
        run(self.provider.refund(refund))
        day = self.local_day()
        self.h.move_clock(self.h.now() + timedelta(days=2))
        lines = [line for line in run(self.provider.statement(day)) if line.merchant_ref == paid.merchant_ref]
        assert [(line.kind, line.amount) for line in lines] == [
            (EventKind.PAYMENT, paid.amount),
            (EventKind.REFUND, -refund.amount),
        ]
        assert lines[1].refund_ref == refund.refund_ref
        assert all(line.fee.minor >= 0 for line in lines)

    def test_the_statement_of_an_unfinished_day_is_not_asked_for(self):
        self.needs(Capability.STATEMENT)
        with pytest.raises(NotSent):
            run(self.provider.statement(self.local_day()))

    def local_day(self) -> date:
        return (self.h.now() + timedelta(hours=8)).date()
