"""Signing while paying: whoever pays has signed, whoever does not has signed nothing, and each is told for itself."""

from common.http import run
from tests.wallets.conformance.suite import Suite, needs
from wallets.providers.base import Capability, MandateResult, MandateState, PaymentRequest, PaymentResult, PaymentState

BOTH = Capability.AGREEMENT_WITH_PAYMENT


class AgreeingTests(Suite):
    def asked(self) -> PaymentRequest:
        return self.h.payment(channel=self.h.agreeing_channel, agreement=self.h.mandate_request())

    def standing(self, request: PaymentRequest) -> tuple[PaymentResult, MandateResult]:
        payment = run(self.provider.get_payment(request.merchant_ref))
        return payment, run(self.provider.get_mandate("", request.agreement.merchant_ref))

    @needs(BOTH)
    def test_who_pays_has_signed_too_and_is_debited_once(self):
        request = self.asked()
        payment = run(self.provider.create_payment(request))
        for _time in range(2):
            self.h.user_pays(payment)
        paid, signed = self.standing(request)
        assert (paid.state, paid.amount) == (PaymentState.SUCCEEDED, request.amount)
        assert (signed.state, bool(signed.mandate_ref)) == (MandateState.ACTIVE, True)
        assert self.h.debits(request.merchant_ref) == 1

    @needs(BOTH)
    def test_the_payment_and_the_agreement_are_told_apart(self):
        request = self.asked()
        self.h.user_pays(run(self.provider.create_payment(request)))
        number = request.agreement.merchant_ref
        paid = self.h.said(lambda event: event.payment and event.payment.merchant_ref == request.merchant_ref)
        signed = self.h.said(lambda event: event.mandate and event.mandate.merchant_ref == number)
        assert (paid[0][1].payment.state, paid[0][1].payment.amount) == (PaymentState.SUCCEEDED, request.amount)
        assert signed[0][1].mandate.state is MandateState.ACTIVE

    @needs(BOTH)
    def test_who_declines_to_pay_has_signed_nothing(self):
        request = self.asked()
        self.h.user_declines(run(self.provider.create_payment(request)))
        payment, mandate = self.standing(request)
        assert payment.state is not PaymentState.SUCCEEDED
        assert mandate.state is not MandateState.ACTIVE
        assert self.h.debits(request.merchant_ref) == 0

    @needs(BOTH)
    def test_an_agreement_signed_by_paying_ends_like_any(self):
        request = self.asked()
        self.h.user_pays(run(self.provider.create_payment(request)))
        _paid, signed = self.standing(request)
        assert run(self.provider.revoke_mandate(signed.mandate_ref, "asked")).state is MandateState.REVOKED
        assert run(self.provider.get_mandate(signed.mandate_ref)).state is MandateState.REVOKED
