"""One-off payments: created, paid, looked up."""

from dataclasses import replace

from common.http import run
from tests.wallets.conformance.suite import Suite, lacking, needs
from wallets.providers.base import ActionKind, Capability, Channel, OutcomeUnknown, PaymentState, RateLimited

WAITING = (PaymentState.CREATED, PaymentState.REQUIRES_ACTION, PaymentState.PENDING)
CANNOT_SUCCEED = (PaymentState.FAILED, PaymentState.CLOSED, PaymentState.REQUIRES_ACTION, PaymentState.PENDING)


class OneOffTests(Suite):
    @needs(Capability.ONE_OFF)
    def test_a_payment_is_paid_once_with_the_exact_amount(self):
        paid = self.h.paid()
        assert (paid.state, paid.amount) == (PaymentState.SUCCEEDED, self.h.money())
        assert self.h.debits(paid.merchant_ref) == 1

    @needs(Capability.ONE_OFF)
    def test_a_payment_tells_the_payer_what_to_do(self):
        request = self.h.payment()
        payment = run(self.provider.create_payment(request))
        assert payment.state in WAITING
        assert payment.merchant_ref == request.merchant_ref
        assert payment.action is not None
        assert payment.action.kind is ActionKind.WAIT_FOR_PROMPT or payment.action.url or payment.action.payload

    @needs(Capability.ONE_OFF)
    def test_an_unpaid_payment_is_not_a_success(self):
        payment = self.h.created()
        self.h.opens(payment)
        found = run(self.provider.get_payment(payment.merchant_ref, payment.provider_ref))
        assert found.state not in (PaymentState.SUCCEEDED, PaymentState.FAILED)
        assert self.h.debits(payment.merchant_ref) == 0

    @needs(Capability.ONE_OFF, Capability.QR)
    def test_a_qr_payment_can_be_paid(self):
        payment = self.h.created(channel=Channel.QR)
        self.h.user_pays(payment)
        found = run(self.provider.get_payment(payment.merchant_ref, payment.provider_ref))
        assert found.state is PaymentState.SUCCEEDED

    @needs(Capability.ONE_OFF)
    @lacking("refuses_a_second_payment")
    def test_paying_twice_moves_money_once(self):
        payment = self.h.created()
        for _ in range(2):
            self.h.user_pays(payment)
        assert self.h.debits(payment.merchant_ref) == 1

    @needs(Capability.ONE_OFF)
    @lacking("refuses_a_second_payment")
    def test_a_reference_used_again_does_not_take_the_money_again(self):
        request = self.h.payment()
        payment = run(self.provider.create_payment(request))
        self.h.user_pays(payment)
        try:
            again = run(self.provider.create_payment(request))
        except (OutcomeUnknown, RateLimited):
            again = None
        if again is not None and again.action is not None:
            self.h.user_pays(again)
        assert self.h.debits(request.merchant_ref) == 1

    @needs(Capability.ONE_OFF)
    @lacking("user_declines")
    def test_declining_in_the_wallet_takes_no_money(self):
        payment = self.h.created()
        self.h.user_declines(payment)
        found = run(self.provider.get_payment(payment.merchant_ref, payment.provider_ref))
        assert found.state in CANNOT_SUCCEED
        assert self.h.debits(payment.merchant_ref) == 0

    @needs(Capability.ONE_OFF)
    def test_a_looked_up_payment_that_nobody_knows_is_not_a_failure(self):
        found = run(self.provider.get_payment(self.h.ref()))
        assert (found.state, found.found) == (PaymentState.UNKNOWN, False)

    @needs(Capability.ONE_OFF)
    def test_a_payment_is_found_by_its_own_reference_only(self):
        paid, other = self.h.paid(), self.h.created()
        found = run(self.provider.get_payment(other.merchant_ref, other.provider_ref))
        assert found.state is not PaymentState.SUCCEEDED
        assert replace(paid).merchant_ref != other.merchant_ref

    @needs(Capability.ONE_OFF)
    @lacking("look_up_by_reference")
    def test_a_payment_is_found_by_our_reference_alone(self):
        paid = self.h.paid()
        assert run(self.provider.get_payment(paid.merchant_ref)).state is PaymentState.SUCCEEDED
