"""Refunds: once for each refund reference, never more than was paid, and only done when the money moved."""

import pytest

from common.http import run
from tests.wallets.conformance.suite import Suite, lacking, needs
from wallets.providers.base import Capability, OutcomeUnknown, PaymentState, RefundState

REFUND, PART = Capability.REFUND, Capability.PARTIAL_REFUND


class RefundTests(Suite):
    def refunded(self, request):
        """What became of it in the end."""
        result = run(self.provider.refund(request))
        if result.state is RefundState.PENDING:
            self.h.settle_refund(request.refund_ref, succeeds=True)
            result = run(self.provider.get_refund(request.refund_ref, request.merchant_ref, request.provider_ref))
        return result

    @needs(REFUND)
    def test_a_refund_moves_the_amount_back(self):
        request = self.h.refund_request(self.h.paid(), 1234)
        result = self.refunded(request)
        assert (result.state, result.amount, result.refund_ref) == (
            RefundState.SUCCEEDED,
            request.amount,
            request.refund_ref,
        )

    @needs(REFUND, PART)
    def test_a_refund_repeated_moves_money_once(self):
        paid = self.h.paid()
        request = self.h.refund_request(paid, 234)
        assert [self.refunded(request).state for _ in range(2)] == [RefundState.SUCCEEDED] * 2
        found = run(self.provider.get_refund(request.refund_ref, request.merchant_ref, request.provider_ref))
        assert (found.state, found.amount) == (RefundState.SUCCEEDED, request.amount)
        assert self.refunded(self.h.refund_request(paid, 1000)).state is RefundState.SUCCEEDED

    @needs(REFUND)
    def test_a_refund_without_an_answer_is_unknown_and_repeating_it_is_safe(self):
        paid = self.h.paid()
        request = self.h.refund_request(paid, 1234)
        self.h.fault("timeout_after_commit")
        with pytest.raises(OutcomeUnknown):
            run(self.provider.refund(request))
        assert self.refunded(request).state is RefundState.SUCCEEDED
        assert run(self.provider.refund(self.h.refund_request(paid, 1))).state is RefundState.FAILED

    @needs(REFUND)
    def test_a_refund_call_that_moved_no_money_is_not_a_success(self):
        request = self.h.refund_request(self.h.paid(), 1234)
        self.h.fault("accept_only")
        assert run(self.provider.refund(request)).state in (RefundState.UNKNOWN, RefundState.PENDING)

    @needs(REFUND)
    @lacking("refund_settles_later")
    @pytest.mark.parametrize("succeeds", [True, False])
    def test_a_pending_refund_may_still_fail(self, succeeds):
        request = self.h.refund_request(self.h.paid(), 1234)
        self.h.fault("accept_only")
        assert run(self.provider.refund(request)).state is RefundState.PENDING
        self.h.settle_refund(request.refund_ref, succeeds=succeeds)
        found = run(self.provider.get_refund(request.refund_ref, request.merchant_ref, request.provider_ref))
        assert found.state is (RefundState.SUCCEEDED if succeeds else RefundState.FAILED)

    @needs(REFUND, PART)
    def test_more_than_was_paid_cannot_be_refunded(self):
        paid = self.h.paid()
        assert self.refunded(self.h.refund_request(paid, 1000)).state is RefundState.SUCCEEDED
        assert run(self.provider.refund(self.h.refund_request(paid, 235))).state is RefundState.FAILED
        assert self.refunded(self.h.refund_request(paid, 234)).state is RefundState.SUCCEEDED

    @needs(REFUND)
    def test_a_refunded_payment_stays_a_payment_that_succeeded(self):
        paid = self.h.paid()
        assert self.refunded(self.h.refund_request(paid, 1234)).state is RefundState.SUCCEEDED
        found = run(self.provider.get_payment(paid.merchant_ref, paid.provider_ref))
        assert (found.state, found.amount) == (PaymentState.SUCCEEDED, paid.amount)

    @needs(REFUND)
    def test_a_refund_of_what_nobody_paid_is_not_a_success(self):
        unpaid = self.h.created()
        assert run(self.provider.refund(self.h.refund_request(unpaid, 1234))).state is not RefundState.SUCCEEDED

    @needs(REFUND)
    def test_a_refund_nobody_asked_for_is_not_a_success(self):
        paid = self.h.paid()
        assert (
            run(self.provider.get_refund(self.h.ref(), paid.merchant_ref, paid.provider_ref)).state
            is RefundState.UNKNOWN
        )
