"""Money sent to an address of its own: only the exact amount, in time, final, is a payment."""

import pytest

from common.http import run
from tests.wallets.conformance.suite import Suite, needs
from wallets.providers.base import ActionKind, Capability, PaymentState

DEPOSIT = Capability.DEPOSIT_ADDRESS


class DepositTests(Suite):
    def looked_up(self, payment):
        return run(self.provider.get_payment(payment.merchant_ref, payment.provider_ref))

    @needs(DEPOSIT)
    def test_each_payment_has_an_address_of_its_own(self):
        actions = [self.h.created().action for _ in range(3)]
        assert {action.kind for action in actions} == {ActionKind.ADDRESS}
        assert len({action.payload for action in actions}) == 3
        assert all(action.amount and action.network and action.expires_at for action in actions)

    @needs(DEPOSIT)
    def test_the_same_payment_always_has_the_same_address(self):
        request = self.h.payment()
        first, again = (run(self.provider.create_payment(request)) for _ in range(2))
        assert first.action.payload == again.action.payload

    @needs(DEPOSIT)
    def test_a_transfer_counts_only_when_it_is_final(self):
        payment = self.h.created()
        self.h.deposits(payment, "exact")
        before = self.looked_up(payment)
        self.h.confirm()
        after = self.looked_up(payment)
        assert before.state in (PaymentState.PENDING, PaymentState.REQUIRES_ACTION, PaymentState.SUCCEEDED)
        assert (after.state, after.amount) == (PaymentState.SUCCEEDED, self.h.money())

    @needs(DEPOSIT)
    @pytest.mark.parametrize("kind", ["under", "wrong_token", "late"])
    def test_what_is_not_the_payment_is_not_taken_for_it(self, kind):
        payment = self.h.created()
        self.h.deposits(payment, kind)
        self.h.confirm()
        assert self.looked_up(payment).state is not PaymentState.SUCCEEDED

    @needs(DEPOSIT)
    def test_a_deposit_at_another_payments_address_changes_nothing_here(self):
        payment, other = self.h.created(), self.h.created()
        self.h.deposits(other, "exact")
        self.h.confirm()
        assert self.looked_up(payment).state is not PaymentState.SUCCEEDED
        assert self.looked_up(other).state is PaymentState.SUCCEEDED
