"""When no usable answer comes: provably not sent, or unknown; never a failure, never a second debit."""

import pytest

from common.http import run
from tests.wallets.conformance.suite import Suite, lacking, needs, with_fault
from wallets.providers.base import Capability, NotSent, OutcomeUnknown, PaymentState, RateLimited

CHARGE = Capability.MERCHANT_CHARGE


class FailureTests(Suite):
    @needs(CHARGE)
    def test_a_timeout_after_the_debit_is_unknown_and_a_look_up_finds_it(self):
        request = self.h.charge(self.h.mandate())
        self.h.fault("timeout_after_commit")
        with pytest.raises(OutcomeUnknown):
            run(self.provider.charge(request))
        if self.h.settles_later:
            self.h.settle(request.merchant_ref)
        assert run(self.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED
        assert self.h.debits(request.merchant_ref) == 1

    @needs(CHARGE)
    def test_repeating_after_a_timeout_debits_once(self):
        request = self.h.charge(self.h.mandate())
        self.h.fault("timeout_after_commit")
        with pytest.raises(OutcomeUnknown):
            run(self.provider.charge(request))
        assert self.h.outcome(request).state is PaymentState.SUCCEEDED
        assert self.h.debits(request.merchant_ref) == 1

    @needs(CHARGE)
    def test_a_timeout_before_the_debit_is_unknown_too(self):
        request = self.h.charge(self.h.mandate())
        self.h.fault("timeout_before_commit")
        with pytest.raises(OutcomeUnknown):
            run(self.provider.charge(request))
        assert run(self.provider.get_payment(request.merchant_ref)).found is False
        assert self.h.debits(request.merchant_ref) == 0
        assert self.h.outcome(request).state is PaymentState.SUCCEEDED
        assert self.h.debits(request.merchant_ref) == 1

    @needs(CHARGE)
    @with_fault("bad_signature", "garbage", "http_500", "wrong_trade", "stale_timestamp")
    def test_an_answer_that_cannot_be_trusted_is_unknown(self, fault):
        request = self.h.charge(self.h.mandate())
        self.h.fault(fault)
        with pytest.raises(OutcomeUnknown):
            run(self.provider.charge(request))
        assert self.h.debits(request.merchant_ref) <= 1

    @needs(CHARGE)
    @with_fault("http_429", "rate_limited")
    def test_a_rate_limit_moves_nothing_and_says_when_to_return(self, fault):
        request = self.h.charge(self.h.mandate())
        self.h.fault(fault)
        with pytest.raises(RateLimited) as limited:
            run(self.provider.charge(request))
        assert limited.value.retry_after > 0
        assert self.h.debits(request.merchant_ref) == 0

    @needs(CHARGE)
    def test_a_charge_to_a_gateway_nobody_listens_at_is_not_sent(self):
        request = self.h.charge(self.h.mandate())
        with pytest.raises(NotSent):
            run(self.h.unreachable().charge(request))
        assert self.h.debits(request.merchant_ref) == 0

    @needs(Capability.ONE_OFF)
    def test_a_look_up_at_a_gateway_nobody_listens_at_is_not_sent(self):
        payment = self.h.created()
        with pytest.raises(NotSent):
            run(self.h.unreachable().get_payment(payment.merchant_ref, payment.provider_ref))

    @needs(Capability.ONE_OFF)
    @with_fault("bad_signature", "garbage", "http_500", "wrong_trade", "stale_timestamp", "timeout_before_commit")
    def test_a_look_up_with_an_untrusted_answer_says_nothing_about_the_payment(self, fault):
        paid = self.h.paid()
        self.h.fault(fault)
        with pytest.raises(OutcomeUnknown):
            run(self.provider.get_payment(paid.merchant_ref, paid.provider_ref))

    @needs(Capability.ONE_OFF)
    @with_fault("http_429", "rate_limited")
    def test_a_look_up_beyond_the_rate_limit_says_so(self, fault):
        paid = self.h.paid()
        self.h.fault(fault)
        with pytest.raises(RateLimited):
            run(self.provider.get_payment(paid.merchant_ref, paid.provider_ref))

    @needs(Capability.ONE_OFF)
    @lacking("created_on_the_wire")
    def test_a_payment_whose_creation_got_no_answer_is_unknown(self):
        request = self.h.payment(channel=self.h.wire_channel)
        self.h.fault("timeout_after_commit")
        with pytest.raises(OutcomeUnknown):
            run(self.provider.create_payment(request))
        assert self.h.debits(request.merchant_ref) == 0

    @needs(Capability.ONE_OFF)
    @lacking("created_on_the_wire")
    @with_fault("bad_signature", "garbage", "http_500", "stale_timestamp")
    def test_a_payment_with_an_untrusted_answer_is_not_shown_to_anybody(self, fault):
        self.h.fault(fault)
        with pytest.raises(OutcomeUnknown):
            self.h.created(channel=self.h.wire_channel)
