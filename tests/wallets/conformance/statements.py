"""The provider's own books of a day."""

from datetime import date

import pytest

from common.http import run
from tests.wallets.conformance.suite import Suite, lacking, needs
from wallets.providers.base import Capability, EventKind, NotSent, OutcomeUnknown

STATEMENT = Capability.STATEMENT


class StatementTests(Suite):
    def local_day(self) -> date:
        return self.h.now().astimezone(self.h.statement_zone).date()

    def lines(self, day: date, merchant_ref: str):
        return [line for line in run(self.provider.statement(day)) if line.merchant_ref == merchant_ref]

    @needs(STATEMENT, Capability.ONE_OFF)
    def test_the_statement_lists_what_was_paid(self):
        paid, day = self.h.paid(), self.local_day()
        self.h.move_clock(self.h.now() + self.h.statement_ready)
        ((line),) = self.lines(day, paid.merchant_ref)
        assert (line.kind, line.amount) == (EventKind.PAYMENT, paid.amount)
        assert line.fee.minor >= 0
        assert line.booked_at.astimezone(self.h.statement_zone).date() == day

    @needs(STATEMENT, Capability.ONE_OFF, Capability.REFUND)
    @lacking("statement_refunds")
    def test_the_statement_lists_what_went_back(self):
        paid = self.h.paid()
        refund = self.h.refund_request(paid, 1234)
        run(self.provider.refund(refund))
        day = self.local_day()
        self.h.move_clock(self.h.now() + self.h.statement_ready)
        found = {line.kind: line for line in self.lines(day, paid.merchant_ref)}
        assert found[EventKind.PAYMENT].amount == paid.amount
        assert found[EventKind.REFUND].amount == -refund.amount
        assert found[EventKind.REFUND].refund_ref == refund.refund_ref

    @needs(STATEMENT, Capability.ONE_OFF)
    @lacking("statement_history")
    def test_the_statement_of_another_day_lists_other_things(self):
        paid, day = self.h.paid(), self.local_day()
        self.h.move_clock(self.h.now() + self.h.statement_ready)
        assert self.lines(day.replace(day=1), paid.merchant_ref) == [] or day.day == 1

    @needs(STATEMENT, Capability.MERCHANT_CHARGE)
    def test_the_statement_lists_what_was_charged(self):
        request = self.h.charge(self.h.mandate())
        self.h.outcome(request)
        day = self.local_day()
        self.h.move_clock(self.h.now() + self.h.statement_ready)
        assert [line.amount for line in self.lines(day, request.merchant_ref)] == [request.amount]

    @needs(STATEMENT, Capability.ONE_OFF)
    @lacking("fund_flow")
    def test_money_that_moved_beside_our_payments_is_on_the_statement_but_no_withdrawal(self):
        paid, day = self.h.paid(), self.local_day()
        self.h.moves_beside(7700)
        self.h.moves_beside(-123)
        self.h.withdraws(5000)
        self.h.move_clock(self.h.now() + self.h.statement_ready)
        found = run(self.provider.statement(day))
        others = [line for line in found if line.kind is EventKind.OTHER]
        beside = sorted(line.amount.minor for line in others)
        assert beside == [-123, 7700]
        assert len({line.provider_ref for line in others} - {""}) == len(others)
        assert sum(line.amount.minor for line in found) == paid.amount.minor + sum(beside)

    @needs(STATEMENT, Capability.ONE_OFF)
    def test_a_statement_without_a_trusted_answer_is_unknown(self):
        self.h.paid()
        day = self.local_day()
        self.h.move_clock(self.h.now() + self.h.statement_ready)
        self.h.fault("http_500")
        with pytest.raises(OutcomeUnknown):
            run(self.provider.statement(day))

    @needs(STATEMENT)
    @lacking("statement_closes")
    def test_the_statement_of_an_unfinished_day_is_not_asked_for(self):
        with pytest.raises(NotSent):
            run(self.provider.statement(self.local_day()))
