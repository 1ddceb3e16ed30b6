"""The smallest, the largest and the steps between: refused before anything leaves us."""

import pytest

from common.errors import PlatformError
from common.http import run
from common.money import Money
from tests.wallets.conformance.suite import Suite, needs
from wallets.providers.base import Capability, NotSent, OutcomeUnknown, PaymentState


class AmountTests(Suite):
    def assert_refused(self, minor: int, *, saved_ref: str = "") -> None:
        """No provider may need the network to see that an amount is not one it takes."""
        request = self.h.payment(amount=Money(minor, self.h.currency), saved_ref=saved_ref)
        with pytest.raises(PlatformError) as refusal:
            run(self.provider.create_payment(request))
        assert not isinstance(refusal.value, NotSent | OutcomeUnknown)
        assert self.h.debits(request.merchant_ref) == 0

    @needs(Capability.ONE_OFF)
    @pytest.mark.parametrize("minor", [0, -1, -100_000])
    def test_nothing_and_less_than_nothing_are_refused(self, minor):
        self.assert_refused(minor)

    @needs(Capability.ONE_OFF)
    def test_less_than_the_smallest_amount_is_refused(self):
        rules = self.provider.descriptor
        self.assert_refused(rules.lowest(self.h.currency) - rules.step(self.h.currency))

    @needs(Capability.ONE_OFF)
    def test_more_than_the_largest_amount_is_refused(self):
        rules = self.provider.descriptor
        highest = rules.highest(self.h.currency)
        if highest is not None:
            self.assert_refused(highest + rules.step(self.h.currency))

    @needs(Capability.ONE_OFF)
    def test_an_amount_between_the_steps_is_refused(self):
        rules = self.provider.descriptor
        if rules.step(self.h.currency) > 1:
            self.assert_refused(self.h.money().minor + 1)

    @needs(Capability.ONE_OFF)
    def test_the_smallest_amount_is_taken(self):
        lowest = Money(self.provider.descriptor.lowest(self.h.currency), self.h.currency)
        payment = self.h.created(amount=lowest)
        self.h.user_pays(payment)
        found = run(self.provider.get_payment(payment.merchant_ref, payment.provider_ref))
        assert (found.state, found.amount) == (PaymentState.SUCCEEDED, lowest)

    @needs(Capability.PAY_WITH_SAVED)
    def test_a_saved_wallet_is_asked_for_no_amount_it_does_not_take(self):
        saved = self.h.saved()
        for minor in (-1, 0, self.provider.descriptor.lowest(self.h.currency) - 1):
            self.assert_refused(minor, saved_ref=saved)

    @needs(Capability.MERCHANT_CHARGE)
    def test_a_charge_of_an_amount_it_does_not_take_is_refused(self):
        mandate = self.h.mandate()
        request = self.h.charge_request(mandate, 0)
        with pytest.raises(PlatformError):
            run(self.provider.charge(request))
        assert self.h.debits(request.merchant_ref) == 0
