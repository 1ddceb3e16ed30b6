"""Mandates: signed, announced, looked up, ended from either side."""

from common.http import run
from tests.wallets.conformance.suite import Suite, lacking, needs
from wallets.providers.base import Capability, DeclineCategory, Event, MandateState, PaymentState

M, C = Capability.MANDATE, Capability.MERCHANT_CHARGE


class MandateTests(Suite):
    def events_of(self, request_ref: str, mandate_ref: str):
        def about(event: Event) -> bool:
            mandate = event.mandate
            known = {request_ref, mandate_ref} - {""}
            return mandate is not None and bool({mandate.merchant_ref, mandate.mandate_ref} & known)

        return about

    @needs(M)
    def test_a_mandate_begins_pending_and_asks_the_payer_to_act(self):
        request = self.h.mandate_request()
        started = run(self.provider.start_mandate(request))
        assert started.state is MandateState.PENDING
        assert started.action is not None
        found = run(self.provider.get_mandate(started.mandate_ref, request.merchant_ref))
        assert found.state in (MandateState.PENDING, MandateState.UNKNOWN)

    @needs(M)
    def test_a_signed_mandate_is_active(self):
        mandate = self.h.mandate()
        assert (mandate.state, bool(mandate.mandate_ref)) == (MandateState.ACTIVE, True)
        found = run(self.provider.get_mandate(mandate.mandate_ref))
        assert (found.state, found.mandate_ref) == (MandateState.ACTIVE, mandate.mandate_ref)

    @needs(M)
    @lacking("mandate_webhook")
    def test_signing_is_announced_by_a_verified_webhook(self):
        mandate = self.h.mandate()
        ((_, event), *_) = self.h.said(self.events_of(mandate.merchant_ref, mandate.mandate_ref))
        assert (event.mandate.state, event.mandate.mandate_ref) == (MandateState.ACTIVE, mandate.mandate_ref)
        assert event.mandate.merchant_ref == mandate.merchant_ref
        assert event.dedupe_key

    @needs(M)
    @lacking("mandate_webhook", "unsign_in_wallet")
    def test_ending_is_announced_by_a_verified_webhook(self):
        mandate = self.h.mandate()
        self.h.user_unsigns(mandate.mandate_ref)
        about = self.events_of(mandate.merchant_ref, mandate.mandate_ref)
        ended = self.h.said(lambda event: about(event) and event.mandate.state is MandateState.REVOKED)
        assert ended[0][1].mandate.mandate_ref == mandate.mandate_ref

    @needs(M)
    @lacking("mandate_expiry")
    def test_an_expired_mandate_is_noticed_by_looking(self):
        mandate = self.h.mandate()
        self.h.expire(mandate.mandate_ref)
        assert run(self.provider.get_mandate(mandate.mandate_ref)).state is MandateState.EXPIRED

    @needs(M, C)
    @lacking("mandate_expiry")
    def test_an_expired_mandate_takes_no_money(self):
        mandate = self.h.mandate()
        request = self.h.charge(mandate)
        self.h.expire(mandate.mandate_ref)
        result = self.h.outcome(request)
        assert result.state is PaymentState.FAILED
        assert result.decline.category is DeclineCategory.NEEDS_CUSTOMER_ACTION
        assert self.h.debits(request.merchant_ref) == 0

    @needs(M)
    @lacking("unsign_in_wallet")
    def test_a_mandate_ended_in_the_wallet_is_noticed_by_looking(self):
        mandate = self.h.mandate()
        self.h.user_unsigns(mandate.mandate_ref)
        assert run(self.provider.get_mandate(mandate.mandate_ref)).state is MandateState.REVOKED

    @needs(M, C)
    @lacking("unsign_in_wallet")
    def test_a_mandate_ended_in_the_wallet_takes_no_money(self):
        mandate = self.h.mandate()
        request = self.h.charge(mandate)
        self.h.user_unsigns(mandate.mandate_ref)
        result = self.h.outcome(request)
        assert result.state is PaymentState.FAILED
        assert result.decline.category is DeclineCategory.NEEDS_CUSTOMER_ACTION
        assert self.h.debits(request.merchant_ref) == 0

    @needs(M, Capability.REVOKE_BY_MERCHANT)
    def test_revoking_twice_is_fine(self):
        mandate = self.h.mandate()
        for _ in range(2):
            assert run(self.provider.revoke_mandate(mandate.mandate_ref, "asked")).state is MandateState.REVOKED
        assert run(self.provider.get_mandate(mandate.mandate_ref)).state is MandateState.REVOKED

    @needs(M, C, Capability.REVOKE_BY_MERCHANT)
    def test_a_revoked_mandate_takes_no_money(self):
        mandate = self.h.mandate()
        request = self.h.charge(mandate)
        run(self.provider.revoke_mandate(mandate.mandate_ref, "asked"))
        result = self.h.outcome(request)
        assert result.state is PaymentState.FAILED
        assert result.decline.category is DeclineCategory.NEEDS_CUSTOMER_ACTION
        assert self.h.debits(request.merchant_ref) == 0

    @needs(M, C, Capability.REVOKE_BY_MERCHANT)
    def test_revoking_one_mandate_leaves_the_others(self):
        kept, ended = self.h.mandate(), self.h.mandate()
        run(self.provider.revoke_mandate(ended.mandate_ref, "asked"))
        assert run(self.provider.get_mandate(kept.mandate_ref)).state is MandateState.ACTIVE
