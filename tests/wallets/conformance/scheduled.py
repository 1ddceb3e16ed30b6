"""Wallets that debit by their own schedule: we watch, we never charge beside them."""

import pytest

from common.http import run
from tests.wallets.conformance.suite import Suite, needs
from wallets.providers.base import Capability, Event, EventKind, PaymentState, Unsupported

SCHEDULED = Capability.PROVIDER_SCHEDULED


class ScheduledTests(Suite):
    @needs(SCHEDULED)
    def test_we_cannot_charge_beside_the_schedule(self):
        mandate = self.h.mandate()
        request = self.h.charge_request(mandate)
        with pytest.raises(Unsupported):
            run(self.provider.charge(request))
        with pytest.raises(Unsupported):
            self.provider.charge_window(mandate, request.amount, self.h.now())
        assert self.h.debits(request.merchant_ref) == 0

    @needs(SCHEDULED)
    def test_a_scheduled_debit_is_announced_and_names_its_mandate(self):
        mandate = self.h.mandate()
        self.h.provider_debits(mandate)
        ((_, event), *_) = self.h.said(paid)
        assert event.payment.amount == mandate.terms.single_limit
        names = {event.payment.merchant_ref, event.mandate.mandate_ref if event.mandate else ""}
        assert names & {mandate.mandate_ref, mandate.merchant_ref}

    @needs(SCHEDULED)
    def test_each_scheduled_debit_is_its_own_payment(self):
        mandate = self.h.mandate()
        for _ in range(2):
            self.h.provider_debits(mandate)
        said = self.h.said(paid, 2)
        assert len({event.payment.provider_ref for _, event in said}) == 2
        assert len({event.dedupe_key for _, event in said}) == 2


def paid(event: Event) -> bool:
    return event.kind is EventKind.PAYMENT and event.payment.state is PaymentState.SUCCEEDED
