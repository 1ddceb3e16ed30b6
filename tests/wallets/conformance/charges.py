"""Charging a mandate: once, the exact amount, inside the window, never above what was agreed."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import httpx

from common.errors import PlatformError
from common.http import run
from tests.wallets.conformance.suite import Suite, lacking, needs
from wallets.providers.base import Capability, DeclineCategory, MandateState, NotSent, PaymentState

CHARGE = Capability.MERCHANT_CHARGE
AT_ONCE = 4


class ChargeTests(Suite):
    @needs(CHARGE)
    def test_a_charge_debits_once_with_the_exact_amount(self):
        request = self.h.charge(self.h.mandate())
        result = self.h.outcome(request)
        assert (result.state, result.amount) == (PaymentState.SUCCEEDED, request.amount)
        assert result.merchant_ref == request.merchant_ref
        assert self.h.debits(request.merchant_ref) == 1

    @needs(CHARGE)
    def test_the_same_attempt_twice_is_one_debit(self):
        request = self.h.charge(self.h.mandate())
        first, again = self.h.outcome(request), self.h.outcome(request)
        assert (again.state, again.provider_ref) == (PaymentState.SUCCEEDED, first.provider_ref)
        assert self.h.debits(request.merchant_ref) == 1

    @needs(CHARGE)
    def test_one_attempt_sent_many_times_at_once_is_one_debit(self):
        request = self.h.charge(self.h.mandate())
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda _: self._sent(request), range(AT_ONCE)))
        if self.h.settles_later:
            self.h.settle(request.merchant_ref)
        assert self.h.debits(request.merchant_ref) == 1
        assert run(self.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED

    @needs(CHARGE)
    @lacking("one_charge_per_period")
    def test_concurrent_charges_of_one_mandate_debit_it_once(self):
        mandate = self.h.mandate()
        requests = [self.h.charge(mandate) for _ in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._sent, requests))
        if self.h.settles_later:
            for request in requests:
                self._settled(request.merchant_ref)
        assert sum(self.h.debits(request.merchant_ref) for request in requests) == 1

    def _sent(self, request):
        """Send it; that two at once may disturb each other is no concern here, only the money is."""
        try:
            return run(self.provider.charge(request))
        except PlatformError as error:
            assert not isinstance(error, NotSent)
            return None

    def _settled(self, merchant_ref):
        # The simulator refuses to settle what the wallet had refused to accept.
        with suppress(httpx.HTTPStatusError):
            self.h.settle(merchant_ref)

    @needs(CHARGE)
    def test_accepted_is_not_paid(self):
        request = self.h.charge(self.h.mandate())
        self.h.fault("accept_only")
        assert run(self.provider.charge(request)).state is PaymentState.PENDING
        assert run(self.provider.get_payment(request.merchant_ref)).state is not PaymentState.SUCCEEDED
        assert self.h.debits(request.merchant_ref) == 0

    @needs(CHARGE)
    def test_each_decline_is_a_value_with_its_category(self):
        mandate = self.h.mandate()
        for code, category in self.h.declines.items():
            request = self.h.charge(mandate)
            self.h.fault("decline", code=code)
            result = self.h.outcome(request)
            assert result.decline is not None, code
            assert result.decline.category is category, code
            unknown = category is DeclineCategory.UNKNOWN_OUTCOME
            assert result.state is (PaymentState.UNKNOWN if unknown else PaymentState.FAILED), code
            assert self.h.debits(request.merchant_ref) == 0, code

    @needs(CHARGE)
    def test_a_declined_attempt_does_not_stop_the_next_one(self):
        mandate = self.h.mandate()
        code = next(code for code, one in self.h.declines.items() if one is DeclineCategory.RETRY_LATER)
        declined = self.h.charge(mandate)
        self.h.fault("decline", code=code)
        assert self.h.outcome(declined).state is PaymentState.FAILED
        request = self.h.charge(mandate)
        assert self.h.outcome(request).state is PaymentState.SUCCEEDED
        assert self.h.debits(request.merchant_ref) == 1

    @needs(CHARGE)
    def test_a_charge_above_the_mandate_never_has_a_window(self):
        mandate = self.h.mandate()
        window = self.provider.charge_window(mandate, self.h.money(5001), self.h.now())
        assert (window.open_now, window.opens_at) == (False, None)
        assert window.decline.category is DeclineCategory.OPERATOR
        assert self.provider.charge_window(mandate, self.h.money(5000), self.h.now()).decline is None

    @needs(CHARGE)
    @lacking("limit_at_provider")
    def test_a_charge_above_the_mandate_is_refused_by_the_wallet_too(self):
        mandate = self.h.mandate()
        self.h.charge(mandate)
        request = self.h.charge_request(mandate, 5001)
        assert self.h.outcome(request).state is PaymentState.FAILED
        assert self.h.debits(request.merchant_ref) == 0

    @needs(CHARGE)
    def test_a_mandate_that_is_not_active_has_no_window(self):
        mandate = self.h.mandate()
        for state in set(MandateState) - {MandateState.ACTIVE}:
            window = self.provider.charge_window(replace(mandate, state=state), self.h.money(), self.h.now())
            assert (window.open_now, window.opens_at) == (False, None), state
            assert window.decline.category is DeclineCategory.NEEDS_CUSTOMER_ACTION, state

    @needs(CHARGE)
    def test_an_open_window_has_begun_and_not_ended(self):
        mandate = self.h.mandate()
        self.h.charge(mandate)
        window = self.provider.charge_window(mandate, self.h.money(), self.h.now())
        assert window.open_now
        assert window.opens_at is None or window.opens_at <= self.h.now()
        assert window.closes_at is None or window.closes_at > self.h.now()

    @needs(CHARGE, Capability.PRE_DEBIT_NOTICE)
    def test_announcing_twice_is_announcing_once(self):
        request = self.h.charge_request(self.h.mandate())
        first, second = (run(self.provider.announce_charge(request)) for _ in range(2))
        assert first == second
        assert first.decline is None
        self.h.enter_window(request.mandate, request.amount)
        assert self.h.outcome(request).state is PaymentState.SUCCEEDED
        assert self.h.debits(request.merchant_ref) == 1
