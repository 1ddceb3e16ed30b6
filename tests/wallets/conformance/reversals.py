"""Money that goes back after it came: said by webhook, seen by looking, never silently."""

from common.http import run
from tests.wallets.conformance.suite import Suite, needs
from wallets.providers.base import Capability, PaymentState

REVERSIBLE = Capability.REVERSIBLE_AFTER_SUCCESS


class ReversalTests(Suite):
    @needs(REVERSIBLE, Capability.ONE_OFF)
    def test_a_reversed_payment_is_seen_by_looking(self):
        paid = self.h.paid()
        self.h.reverse(paid.merchant_ref)
        found = run(self.provider.get_payment(paid.merchant_ref, paid.provider_ref))
        assert (found.state, found.amount) == (PaymentState.REVERSED, paid.amount)

    @needs(REVERSIBLE, Capability.ONE_OFF, Capability.WEBHOOK_SIGNED)
    def test_a_reversal_is_announced_and_differs_from_the_payment(self):
        paid = self.h.paid()
        about = [lambda event: event.payment and event.payment.merchant_ref == paid.merchant_ref]
        ((_, first), *_) = self.h.said(about[0])
        self.h.reverse(paid.merchant_ref)
        ((_, reversal), *_) = self.h.said(
            lambda event: about[0](event) and event.payment.state is PaymentState.REVERSED
        )
        assert reversal.dedupe_key != first.dedupe_key

    @needs(REVERSIBLE, Capability.MERCHANT_CHARGE)
    def test_a_reversed_charge_is_seen_by_looking(self):
        request = self.h.charge(self.h.mandate())
        assert self.h.outcome(request).state is PaymentState.SUCCEEDED
        self.h.reverse(request.merchant_ref)
        assert run(self.provider.get_payment(request.merchant_ref)).state is PaymentState.REVERSED
