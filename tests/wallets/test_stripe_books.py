"""Stripe's refunds, and the books it keeps of everything."""

import json
from datetime import timedelta

import pytest

from common.http import HttpResponse, OutcomeUnknown, run
from common.money import Money
from tests.wallets.stripe_fixtures import stripe, stripe_sandbox
from wallets.providers.base import EventKind, RefundState, StatementLine
from wallets.providers.stripe import statement

__all__ = ["stripe", "stripe_sandbox"]


def test_a_refund_repeated_after_stripe_forgot_the_key_still_moves_money_once(stripe):
    paid = stripe.paid()
    request = stripe.refund_request(paid, 100)
    run(stripe.provider.refund(request))
    stripe.move_clock(stripe.now() + timedelta(hours=30))
    assert run(stripe.provider.refund(request)).state is RefundState.SUCCEEDED
    assert run(stripe.provider.get_payment(paid.merchant_ref, paid.provider_ref)).refunded == stripe.money(100)


def test_a_refund_that_bounces_after_success_is_a_failed_refund(stripe):
    request = stripe.refund_request(stripe.paid(), 100)
    run(stripe.provider.refund(request))
    stripe.settle_refund(request.refund_ref, succeeds=False)
    assert run(stripe.provider.get_refund(request.refund_ref, request.merchant_ref)).state is RefundState.FAILED


def test_the_books_name_the_payment_of_a_dispute_and_the_fee(stripe):
    paid, day = stripe.paid(), stripe.now().date()
    stripe.reverse(paid.merchant_ref)
    stripe.move_clock(stripe.now() + timedelta(days=2))
    charge, dispute = run(stripe.provider.statement(day))
    assert isinstance(charge, StatementLine)
    assert (charge.fee, dispute.kind, dispute.amount) == (stripe.money(18), EventKind.OTHER, stripe.money(-1234))
    assert {charge.merchant_ref, dispute.merchant_ref} == {paid.merchant_ref}


def test_books_longer_than_a_page_are_read_to_the_end(stripe):
    mandate, day = stripe.mandate(), stripe.now().date()
    for _ in range(105):
        run(stripe.provider.charge(stripe.charge_request(mandate)))
    stripe.move_clock(stripe.now() + timedelta(days=2))
    lines = run(stripe.provider.statement(day))
    assert len({line.merchant_ref for line in lines}) == 105


def test_each_day_has_its_own_books(stripe):
    day, first = stripe.now().date(), stripe.paid()
    stripe.move_clock(stripe.now() + timedelta(days=1))
    second = stripe.paid()
    stripe.move_clock(stripe.now() + timedelta(days=3))
    for moment, paid in ((day, first), (day + timedelta(days=1), second)):
        assert [line.merchant_ref for line in run(stripe.provider.statement(moment))] == [paid.merchant_ref]


def test_what_was_paid_is_booked_in_its_own_currency_whatever_the_balance_is_kept_in():
    entry, paid = {"amount": 1100, "currency": "usd"}, {"amount": 1000, "currency": "eur"}
    assert statement.moved(entry, paid) == Money(1000, "EUR")
    assert statement.moved({**entry, "amount": -1100}, paid) == Money(-1000, "EUR")
    assert statement.moved({**entry, "amount": -1100}, {**paid, "currency": "usd"}) == Money(-1100, "USD")


def test_books_stripe_refuses_are_unknown_and_not_empty(stripe):
    day = stripe.now().date()
    stripe.move_clock(stripe.now() + timedelta(days=2))
    operation = stripe.provider.statement(day)
    next(operation)
    refusal = {"error": {"type": "invalid_request_error", "code": "parameter_invalid", "message": "no"}}
    with pytest.raises(OutcomeUnknown):
        operation.send(HttpResponse(status=400, body=json.dumps(refusal).encode()))
