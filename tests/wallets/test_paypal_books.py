"""PayPal's books, the disputes and refunds in them, and how it writes amounts."""

import json
from datetime import timedelta

import pytest

from common.errors import InvalidInput
from common.http import HttpResponse, NotSent, run
from common.money import Money
from tests.wallets.paypal_fixtures import paypal, paypal_sandbox
from wallets.providers.base import Claim, EventKind, PaymentState
from wallets.providers.paypal import amounts

__all__ = ["paypal", "paypal_sandbox"]


def test_the_statement_names_fees_and_reads_every_page(paypal):
    paid = paypal.paid()
    day = paypal.now().date()
    paypal.move_clock(paypal.now() + timedelta(days=2))
    (line,) = run(paypal.provider.statement(day))
    assert (line.merchant_ref, line.amount, line.fee) == (paid.merchant_ref, paypal.money(), Money(43, "USD"))
    operation = paypal.provider.statement(day)
    pages, step = [], next(operation)
    body = {"transaction_details": [], "total_pages": 3}
    with pytest.raises(StopIteration):
        while True:
            pages.append(step.url.rpartition("=")[2])
            step = operation.send(HttpResponse(status=200, body=json.dumps(body).encode()))
    assert pages == ["1", "2", "3"]


def test_a_statement_waits_three_hours_after_the_end_of_its_day(paypal):
    day = paypal.now().date()
    midnight = paypal.now().replace(hour=0, minute=0, second=0) + timedelta(days=1)
    paypal.move_clock(midnight + timedelta(hours=2, minutes=55))
    with pytest.raises(NotSent):
        paypal.provider.statement(day)
    paypal.move_clock(midnight + timedelta(hours=3, minutes=1))
    assert run(paypal.provider.statement(day)) == ()


def test_a_reversal_is_in_the_books_and_is_no_refund_of_ours(paypal):
    paid, day = paypal.paid(), paypal.now().date()
    paypal.reverse(paid.merchant_ref)
    paypal.move_clock(paypal.now() + timedelta(days=2))
    kinds = {line.kind: line.amount for line in run(paypal.provider.statement(day))}
    assert kinds == {EventKind.PAYMENT: paypal.money(), EventKind.OTHER: -paypal.money()}


def test_a_dispute_names_the_payment_it_is_about_and_does_not_change_it(paypal):
    paid = paypal.paid()
    said = {"dispute": ("CREATED", Claim.OPEN), "escalate": ("UPDATED", Claim.OPEN), "win": ("RESOLVED", Claim.OVER)}
    for action, (name, claim) in said.items():
        paypal.control.user(action, invoice_id=paid.merchant_ref)
        ((_, event),) = paypal.said(lambda event, name=name: event.type == f"CUSTOMER.DISPUTE.{name}")
        assert (event.kind, event.claim, event.confirm_first) == (EventKind.PAYMENT, claim, True)
        assert (event.payment.merchant_ref, event.payment.state) == (paid.merchant_ref, PaymentState.UNKNOWN)
        assert event.facts["seller_transaction_id"] and event.facts["dispute_id"]
        assert paypal.looked_up(paid).state is PaymentState.SUCCEEDED


# Amounts


@pytest.mark.parametrize(
    ("minor", "currency", "wire"),
    [(1234, "USD", "12.34"), (1200, "TWD", "12"), (1234, "JPY", "1234"), (500, "HUF", "5")],
)
def test_each_currency_has_its_own_decimals_on_the_wire_and_back(paypal, minor, currency, wire):
    payment = paypal.created(amount=Money(minor, currency))
    assert paypal.order_of(payment)["amount"] == {"currency_code": currency, "value": wire}
    paypal.user_pays(payment)
    assert paypal.looked_up(payment).amount == Money(minor, currency)


@pytest.mark.parametrize("currency", ["TWD", "HUF"])
def test_a_part_of_a_whole_unit_is_refused_before_anything_is_sent(paypal, currency):
    with pytest.raises(InvalidInput):
        paypal.provider.create_payment(paypal.payment(amount=Money(1234, currency)))


@pytest.mark.parametrize(
    "bad",
    [
        None,
        {},
        {"currency_code": "USD", "value": 12.34},
        {"currency_code": "USD", "value": "1e-9"},
        {"currency_code": "USD", "value": "1.234"},
        {"currency_code": "USD", "value": "9" * 40},
    ],
)
def test_what_is_no_amount_is_not_read_as_one(bad):
    with pytest.raises(ValueError, match="amount"):
        amounts.read(bad)
