"""Stripe's refunds, and the books it keeps of everything."""

from datetime import timedelta

from common.http import run
from tests.wallets.stripe_fixtures import stripe, stripe_sandbox
from wallets.providers.base import EventKind, RefundState, StatementLine

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
