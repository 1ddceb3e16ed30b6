"""Closing and expiring: once closed, never paid; once paid, never called closed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from common.http import run
from tests.wallets.conformance.suite import Suite, lacking, needs
from wallets.providers.base import Capability, PaymentState

LIFE = timedelta(minutes=30)


class ClosingTests(Suite):
    @needs(Capability.ONE_OFF, Capability.CLOSE)
    def test_a_closed_payment_cannot_be_paid(self):
        payment = self.h.created()
        self.h.opens(payment)
        assert run(self.provider.close_payment(payment.merchant_ref, payment.provider_ref)).state is PaymentState.CLOSED
        self.h.user_pays(payment)
        assert self.h.debits(payment.merchant_ref) == 0
        found = run(self.provider.get_payment(payment.merchant_ref, payment.provider_ref))
        assert found.state in (PaymentState.CLOSED, PaymentState.FAILED)

    @needs(Capability.ONE_OFF, Capability.CLOSE)
    def test_a_payment_said_to_be_closed_before_anybody_looked_at_it_is_closed(self):
        payment = self.h.created()
        closed = run(self.provider.close_payment(payment.merchant_ref, payment.provider_ref))
        self.h.user_pays(payment)
        assert self.h.debits(payment.merchant_ref) == (0 if closed.state is PaymentState.CLOSED else 1)
        assert closed.state in (PaymentState.CLOSED, PaymentState.UNKNOWN)

    @needs(Capability.ONE_OFF, Capability.CLOSE)
    def test_closing_twice_is_closing_once(self):
        payment = self.h.created()
        self.h.opens(payment)
        states = {run(self.provider.close_payment(payment.merchant_ref, payment.provider_ref)).state for _ in range(2)}
        assert states == {PaymentState.CLOSED}

    @needs(Capability.ONE_OFF, Capability.CLOSE)
    def test_closing_a_paid_payment_says_it_was_paid(self):
        paid = self.h.paid()
        closed = run(self.provider.close_payment(paid.merchant_ref, paid.provider_ref))
        assert (closed.state, closed.amount) == (PaymentState.SUCCEEDED, paid.amount)

    @needs(Capability.ONE_OFF, Capability.CLOSE)
    def test_closing_what_nobody_knows_is_not_closed(self):
        closed = run(self.provider.close_payment(self.h.ref()))
        assert closed.state is not PaymentState.SUCCEEDED
        assert not closed.found or closed.state is PaymentState.UNKNOWN

    @needs(Capability.ONE_OFF, Capability.CLOSE)
    def test_a_race_of_closing_and_paying_ends_in_one_truth(self):
        payment = self.h.created()
        self.h.opens(payment)
        with ThreadPoolExecutor(2) as pool:
            closing = pool.submit(lambda: run(self.provider.close_payment(payment.merchant_ref, payment.provider_ref)))
            paying = pool.submit(self.h.user_pays, payment)
            closed, _ = closing.result(), paying.result()
        money = self.h.debits(payment.merchant_ref)
        found = run(self.provider.get_payment(payment.merchant_ref, payment.provider_ref))
        assert (closed.state is PaymentState.CLOSED, found.state is PaymentState.SUCCEEDED) == (not money, bool(money))

    @needs(Capability.ONE_OFF)
    @lacking("link_expiry")
    def test_a_payment_that_ran_out_cannot_be_paid(self):
        payment = self.h.created(expires_at=self.h.now() + LIFE)
        self.h.opens(payment)
        self.h.move_clock(self.h.now() + LIFE + timedelta(minutes=1))
        self.h.user_pays(payment)
        assert self.h.debits(payment.merchant_ref) == 0
        found = run(self.provider.get_payment(payment.merchant_ref, payment.provider_ref))
        assert found.state in (PaymentState.CLOSED, PaymentState.FAILED)

    @needs(Capability.ONE_OFF)
    @lacking("link_expiry")
    def test_a_payment_is_good_until_it_runs_out(self):
        payment = self.h.created(expires_at=self.h.now() + LIFE)
        self.h.move_clock(self.h.now() + LIFE - timedelta(minutes=2))
        self.h.user_pays(payment)
        assert self.h.debits(payment.merchant_ref) == 1
        assert payment.action.expires_at is not None
