"""Paying once more with a wallet that was saved before: at once, once, and never behind the payer's back."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from common.errors import PlatformError
from common.http import run
from tests.wallets.conformance.suite import Suite, lacking, needs, with_fault
from wallets.providers.base import Capability, DeclineCategory, NotSent, OutcomeUnknown, PaymentState

SAVED = Capability.PAY_WITH_SAVED
AT_ONCE = 4


class SavedTests(Suite):
    @needs(SAVED)
    def test_a_saved_wallet_pays_at_once_with_the_exact_amount(self):
        request = self.h.payment(saved_ref=self.h.saved())
        result = run(self.provider.create_payment(request))
        assert (result.state, result.amount) == (PaymentState.SUCCEEDED, request.amount)
        assert (result.merchant_ref, result.action) == (request.merchant_ref, None)
        assert self.h.debits(request.merchant_ref) == 1
        assert self.h.looked_up(result).state is PaymentState.SUCCEEDED

    @needs(SAVED)
    def test_the_same_payment_with_a_saved_wallet_sent_again_takes_nothing_more(self):
        request = self.h.payment(saved_ref=self.h.saved())
        first, again = (run(self.provider.create_payment(request)) for _ in range(2))
        assert (again.state, again.provider_ref) == (PaymentState.SUCCEEDED, first.provider_ref)
        assert self.h.debits(request.merchant_ref) == 1

    @needs(SAVED)
    def test_one_payment_with_a_saved_wallet_sent_many_times_at_once_is_one_debit(self):
        request = self.h.payment(saved_ref=self.h.saved())
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda _: self._sent_saved(request), range(AT_ONCE)))
        assert self.h.debits(request.merchant_ref) == 1

    def _sent_saved(self, request):
        try:
            return run(self.provider.create_payment(request))
        except PlatformError as error:
            return error

    @needs(SAVED)
    def test_each_decline_of_a_saved_wallet_has_its_category_and_takes_nothing(self):
        saved = self.h.saved()
        for code, category in self.h.declines.items():
            request = self.h.payment(saved_ref=saved)
            self.h.fault("decline", code=code)
            result = run(self.provider.create_payment(request))
            unknown = category is DeclineCategory.UNKNOWN_OUTCOME
            assert result.decline is not None and result.decline.category is category, code
            assert result.state is (PaymentState.UNKNOWN if unknown else PaymentState.FAILED), code
            assert self.h.debits(request.merchant_ref) == 0, code

    @needs(SAVED)
    def test_a_saved_wallet_that_has_ended_pays_nothing(self):
        saved = self.h.saved()
        self.h.user_unsigns(saved)
        request = self.h.payment(saved_ref=saved)
        result = run(self.provider.create_payment(request))
        assert result.state is PaymentState.FAILED
        assert result.decline.category is DeclineCategory.NEEDS_CUSTOMER_ACTION
        assert self.h.debits(request.merchant_ref) == 0

    @needs(SAVED)
    def test_a_lost_answer_about_a_saved_wallet_is_unknown_and_then_found(self):
        request = self.h.payment(saved_ref=self.h.saved())
        self.h.fault("timeout_after_commit")
        with pytest.raises(OutcomeUnknown):
            run(self.provider.create_payment(request))
        assert self.h.debits(request.merchant_ref) == 1
        assert run(self.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED

    @needs(SAVED)
    @with_fault("bad_signature", "wrong_trade", "garbage")
    def test_an_answer_about_a_saved_wallet_that_cannot_be_trusted_is_unknown(self, fault):
        request = self.h.payment(saved_ref=self.h.saved())
        self.h.fault(fault)
        with pytest.raises(OutcomeUnknown):
            run(self.provider.create_payment(request))

    @needs(SAVED)
    def test_what_was_not_sent_took_nothing(self):
        request = self.h.payment(saved_ref=self.h.saved())
        with pytest.raises(NotSent):
            run(self.h.unreachable().create_payment(request))
        assert self.h.debits(request.merchant_ref) == 0

    @needs(SAVED)
    def test_a_payment_with_a_saved_wallet_is_given_back_like_any(self):
        paid = run(self.provider.create_payment(self.h.payment(saved_ref=self.h.saved())))
        run(self.provider.refund(self.h.refund_request(paid, 234)))
        assert self.h.looked_up(paid).refunded == self.h.money(234)

    @needs(SAVED)
    @lacking("asks_the_payer")
    def test_a_payment_the_payer_is_asked_about_waits_for_them_and_is_paid_once(self):
        request = self.h.payment(saved_ref=self.h.saved(asks=True), return_url="http://127.0.0.1/back")
        asked = run(self.provider.create_payment(request))
        assert (asked.state, asked.action is not None) == (PaymentState.REQUIRES_ACTION, True)
        assert self.h.looked_up(asked).state is PaymentState.REQUIRES_ACTION
        assert self.h.debits(request.merchant_ref) == 0
        self.h.confirms(asked)
        assert self.h.looked_up(asked).state is PaymentState.SUCCEEDED
        assert self.h.debits(request.merchant_ref) == 1

    @needs(SAVED)
    @lacking("asks_the_payer")
    def test_a_payment_the_payer_was_asked_about_and_that_was_closed_cannot_be_paid(self):
        request = self.h.payment(saved_ref=self.h.saved(asks=True), return_url="http://127.0.0.1/back")
        asked = run(self.provider.create_payment(request))
        closed = run(self.provider.close_payment(asked.merchant_ref, asked.provider_ref))
        assert closed.state is PaymentState.CLOSED
        self.h.confirms(asked)
        assert self.h.debits(request.merchant_ref) == 0
        assert self.h.looked_up(asked).state is PaymentState.CLOSED

    @needs(SAVED)
    @lacking("asks_the_payer")
    def test_a_payer_who_says_no_to_their_bank_pays_nothing(self):
        request = self.h.payment(saved_ref=self.h.saved(asks=True), return_url="http://127.0.0.1/back")
        asked = run(self.provider.create_payment(request))
        self.h.confirms(asked, "refuse")
        found = self.h.looked_up(asked)
        assert (found.state, found.decline.category) == (PaymentState.FAILED, DeclineCategory.NEEDS_CUSTOMER_ACTION)
        assert self.h.debits(request.merchant_ref) == 0
