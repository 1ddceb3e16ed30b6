"""Standing orders: the payer approves, Safaricom debits, nobody here may charge beside it."""

from datetime import date, timedelta

import pytest

from common.errors import InvalidInput
from common.http import run
from common.money import Money
from tests.wallets.mpesa_fixtures import mpesa, mpesa_sandbox, ratiba
from wallets.providers.base import (
    ActionKind,
    Capability,
    DeclineCategory,
    MandateState,
    NotSent,
    OutcomeUnknown,
    PaymentState,
    PeriodUnit,
    Unsupported,
)

__all__ = ["mpesa", "mpesa_sandbox", "ratiba"]


def orders(ratiba):
    return ratiba.control.get("mpesa/orders")["orders"]


def test_the_order_asks_the_phone_for_the_fixed_amount(ratiba):
    request = ratiba.mandate_request()
    started = run(ratiba.provider.start_mandate(request))
    assert started.action.kind is ActionKind.WAIT_FOR_PROMPT
    ((order),) = orders(ratiba)
    assert (order["amount"], order["frequency"], order["state"]) == (5000, "4", "waiting")
    assert (order["name"], order["reference"]) == (request.merchant_ref, request.merchant_ref)


@pytest.mark.parametrize(
    ("unit", "period", "frequency"),
    [
        (PeriodUnit.DAY, 1, "2"),
        (PeriodUnit.DAY, 7, "3"),
        (PeriodUnit.MONTH, 1, "4"),
        (PeriodUnit.MONTH, 3, "6"),
        (PeriodUnit.MONTH, 12, "8"),
    ],
)
def test_each_period_has_its_frequency(ratiba, unit, period, frequency):
    run(ratiba.provider.start_mandate(ratiba.mandate_request(period_unit=unit, period=period)))
    assert orders(ratiba)[0]["frequency"] == frequency


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"period": 4}, "period"),
        ({"period_unit": PeriodUnit.DAY, "period": 30}, "period"),
        ({"first_charge_on": date(2020, 1, 1)}, "first_charge_on"),
        ({"valid_until": date(2021, 1, 1)}, "valid_until"),
        ({"single_limit": Money(150, "KES")}, "amount"),
    ],
)
def test_terms_ratiba_would_not_take_are_refused_with_the_field(ratiba, terms, field):
    with pytest.raises(InvalidInput) as refused:
        run(ratiba.provider.start_mandate(ratiba.mandate_request(**terms)))
    assert refused.value.field == field
    assert orders(ratiba) == []


def test_an_order_is_asked_for_once(ratiba):
    request = ratiba.mandate_request()
    for _ in range(2):
        assert run(ratiba.provider.start_mandate(request)).state is MandateState.PENDING
    assert len(orders(ratiba)) == 1


def test_a_lost_answer_never_makes_a_second_order(ratiba):
    request = ratiba.mandate_request()
    ratiba.fault("timeout_after_commit", method="order")
    with pytest.raises(OutcomeUnknown):
        run(ratiba.provider.start_mandate(request))
    assert run(ratiba.provider.start_mandate(request)).state is MandateState.PENDING
    assert len(orders(ratiba)) == 1


def test_an_order_that_was_never_sent_may_be_asked_for_again(ratiba):
    request = ratiba.mandate_request()
    with pytest.raises(NotSent):
        run(ratiba.unreachable().start_mandate(request))
    run(ratiba.provider.start_mandate(request))
    assert len(orders(ratiba)) == 1


def test_a_phone_that_is_being_asked_to_pay_is_not_asked_to_sign(mpesa, ratiba):
    run(mpesa.provider.create_payment(mpesa.payment()))
    refused = run(ratiba.provider.start_mandate(ratiba.mandate_request()))
    assert (refused.state, refused.decline.category) == (MandateState.REVOKED, DeclineCategory.RETRY_LATER)
    assert orders(ratiba) == []


def test_a_refused_prompt_ends_the_mandate(ratiba):
    request = ratiba.mandate_request()
    run(ratiba.provider.start_mandate(request))
    ratiba.control.user("cancel", reference=request.merchant_ref)
    ((_, event), *_) = ratiba.said(lambda event: event.mandate)
    assert (event.mandate.state, event.mandate.merchant_ref) == (MandateState.REVOKED, request.merchant_ref)


def test_safaricom_debits_by_itself_and_each_debit_is_found_in_its_books(ratiba):
    mandate = ratiba.mandate()
    for _ in range(2):
        ratiba.provider_debits(mandate)
    said = ratiba.said(lambda event: event.payment, 2)
    payment = said[1][1].payment
    assert said[1][1].confirm_first
    found = run(ratiba.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert (found.state, found.amount, found.provider_ref) == (
        PaymentState.SUCCEEDED,
        mandate.terms.single_limit,
        payment.provider_ref,
    )
    assert ratiba.debits(mandate.merchant_ref) == 2


def test_a_receipt_of_somebody_else_is_not_found_under_our_order(ratiba):
    mandate = ratiba.mandate()
    ratiba.provider_debits(mandate)
    found = run(ratiba.provider.get_payment(mandate.merchant_ref, "S00000000X"))
    assert (found.state, found.found) == (PaymentState.UNKNOWN, False)


def test_an_order_the_payer_ended_debits_no_more(ratiba):
    mandate = ratiba.mandate()
    ratiba.control.user("unsign", reference=mandate.merchant_ref)
    ratiba.provider_debits(mandate)
    assert ratiba.debits(mandate.merchant_ref) == 0


def test_an_order_stops_after_its_last_day(ratiba):
    until = (ratiba.now() + timedelta(days=40)).date()
    mandate = ratiba.mandate(valid_until=until)
    ratiba.move_clock(ratiba.now() + timedelta(days=200))
    ratiba.control.user("tick")
    assert ratiba.debits(mandate.merchant_ref) == 2


def test_the_merchant_can_neither_charge_nor_revoke(ratiba):
    assert not ratiba.provider.descriptor.can(Capability.REVOKE_BY_MERCHANT)
    with pytest.raises(Unsupported):
        ratiba.provider.revoke_mandate("S1", "asked")


def test_money_paid_by_hand_for_something_else_is_not_taken_for_an_order(ratiba):
    from wallets.providers.base import InvalidWebhook

    ratiba.control.user("bill", phone="254712345678", account="P1", amount=5)
    with pytest.raises(InvalidWebhook):
        ratiba.provider.parse_webhook(ratiba.receiver.wait()[0])
