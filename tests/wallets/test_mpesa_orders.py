"""Standing orders of M-Pesa: what Safaricom may answer, what an approval is worth, and which money is an order's."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from common.errors import InvalidInput
from common.http import run
from common.money import Money
from tests.wallets.mpesa_fixtures import mpesa, mpesa_sandbox, ratiba
from tests.wallets.talk import Talk, says
from wallets.providers import registry
from wallets.providers.base import (
    DeclineCategory,
    EventKind,
    HttpIn,
    InvalidWebhook,
    MandateState,
    OutcomeUnknown,
    PaymentState,
    RateLimited,
    Unsupported,
)
from wallets.providers.mpesa.wire import NAIROBI
from wallets.providers.mpesa_ratiba import orders

__all__ = ["mpesa", "mpesa_sandbox", "ratiba"]

PLACE = "http://127.0.0.1:1/hook"
TOKEN = says({"access_token": "T", "expires_in": "3599"})


def answered(provider, items, *, code="0", subject=("SABC", "4500", "20991231")):
    rows = [{"name": name, "value": value} for name, value in items.items()]
    body = {"responseHeader": {"responseCode": code}, "responseBody": {"responseData": rows}}
    address = provider._doors.address(PLACE, "order", *subject)
    (event,) = provider.parse_webhook(
        HttpIn(method="POST", path=address.removeprefix("http://127.0.0.1:1"), body=json.dumps(body).encode())
    )
    return event


def started(ratiba, answer):
    return Talk("mpesa.token", TOKEN).run(ratiba.provider.start_mandate(ratiba.mandate_request()), answer)


# Asking


@pytest.mark.parametrize(
    ("answer", "state", "category"),
    [
        ({"ResponseHeader": {"responseCode": "200"}}, MandateState.PENDING, None),
        ({"responseHeader": {"ResponseCode": "0"}}, MandateState.PENDING, None),
        ({}, MandateState.UNKNOWN, DeclineCategory.UNKNOWN_OUTCOME),
        ({"ResponseHeader": {}}, MandateState.UNKNOWN, DeclineCategory.UNKNOWN_OUTCOME),
        ({"ResponseHeader": {"responseCode": True}}, MandateState.UNKNOWN, DeclineCategory.UNKNOWN_OUTCOME),
        ({"ResponseHeader": {"responseCode": "8123"}}, MandateState.UNKNOWN, DeclineCategory.UNKNOWN_OUTCOME),
        ({"errorCode": "400.002.02"}, MandateState.REVOKED, DeclineCategory.OPERATOR),
        (
            {"errorCode": "500.001.1001", "ResponseHeader": {"responseCode": "0"}},
            MandateState.UNKNOWN,
            DeclineCategory.UNKNOWN_OUTCOME,
        ),
    ],
)
def test_only_a_clear_yes_waits_and_only_a_clear_no_ends(ratiba, answer, state, category):
    result = started(ratiba, says(answer))
    assert (result.state, result.decline and result.decline.category) == (state, category)


@pytest.mark.parametrize("fault", ["garbage", "http_500", "timeout_before_commit"])
def test_an_order_without_a_usable_answer_is_unknown_and_not_asked_again(ratiba, fault):
    request = ratiba.mandate_request()
    ratiba.fault(fault, method="order")
    with pytest.raises(OutcomeUnknown):
        run(ratiba.provider.start_mandate(request))
    assert run(ratiba.provider.start_mandate(request)).state is MandateState.PENDING
    assert len(ratiba.control.get("mpesa/orders")["orders"]) <= (fault != "timeout_before_commit")


def test_an_order_that_safaricom_was_too_busy_for_may_be_asked_again(ratiba):
    request = ratiba.mandate_request()
    ratiba.fault("http_429", method="order")
    with pytest.raises(RateLimited):
        run(ratiba.provider.start_mandate(request))
    assert run(ratiba.provider.start_mandate(request)).state is MandateState.PENDING
    assert len(ratiba.control.get("mpesa/orders")["orders"]) == 1


def test_the_days_of_the_order_are_the_days_agreed_to(ratiba):
    first = (ratiba.now() + timedelta(days=9)).date()
    for terms, last in (({"valid_until": first + timedelta(days=50)}, 50), ({}, 365)):
        ratiba.control.post("reset")
        signed = ratiba.signed(ratiba.mandate_request(first_charge_on=first, **terms))
        ((order),) = ratiba.control.get("mpesa/orders")["orders"]
        assert (order["first"], order["last"]) == (first.isoformat(), (first + timedelta(days=last)).isoformat())
        assert signed.valid_until.astimezone(NAIROBI).date() == first + timedelta(days=last + 1)


def test_the_first_day_is_judged_in_nairobi(ratiba):
    evening = datetime(2026, 12, 9, 21, 30, tzinfo=UTC)
    terms = replace(ratiba.terms(), first_charge_on=date(2026, 12, 9))
    with pytest.raises(InvalidInput):
        orders.check_terms(terms, evening)
    orders.check_terms(terms, evening - timedelta(hours=1))


def test_another_currency_is_refused(ratiba):
    with pytest.raises(Unsupported):
        run(ratiba.provider.start_mandate(ratiba.mandate_request(single_limit=Money(5000, "USD"))))


# Approval


def test_a_phone_that_answered_may_be_asked_again_at_once(mpesa, ratiba):
    ratiba.signed(ratiba.mandate_request())
    assert run(mpesa.provider.create_payment(mpesa.payment())).state is PaymentState.REQUIRES_ACTION


def test_an_order_lives_to_the_end_of_its_last_day_in_nairobi(ratiba):
    last_moment = datetime(2026, 12, 31, 20, 59, 59, tzinfo=UTC)
    states = []
    for moment in (last_moment, last_moment + timedelta(seconds=1)):
        provider = registry.build("mpesa_ratiba", replace(ratiba.config, now=lambda moment=moment: moment))
        mandate = answered(provider, {"TransactionID": "T1"}, subject=("SABC", "45", "20261231")).mandate
        states.append(run(provider.get_mandate(mandate.mandate_ref)).state)
        assert mandate.valid_until == last_moment + timedelta(seconds=1)
    assert states == [MandateState.ACTIVE, MandateState.EXPIRED]


def test_an_approval_without_its_number_is_none(ratiba):
    for items in ({}, {"TransactionID": ""}, {"TransactionID": "..."}, {"Status": "OKAY"}):
        with pytest.raises(InvalidWebhook):
            answered(ratiba.provider, items)


def test_an_approval_without_a_code_is_none(ratiba):
    with pytest.raises(InvalidWebhook):
        answered(ratiba.provider, {"TransactionID": "T1"}, code="")


@pytest.mark.parametrize("number", ["T1.20991231", "T1.20991231.0", "T" * 500, "T1/../x", "٣"])
def test_no_number_of_safaricom_changes_the_shape_of_a_mandates_reference(ratiba, number):
    mandate = answered(ratiba.provider, {"TransactionID": number}, subject=("SABC", "45", "20270101")).mandate
    reference, _number, last_day, _seal = mandate.mandate_ref.split(".")
    assert (reference, last_day) == ("SABC", "20270101")
    assert len(mandate.mandate_ref) <= 128
    assert run(ratiba.provider.get_mandate(mandate.mandate_ref)).state is MandateState.ACTIVE


def test_each_answer_has_its_own_dedupe_key_and_a_repeat_the_same(ratiba):
    asked = [("SABC", "45", "20991231"), ("SABD", "45", "20991231")]
    keys = [answered(ratiba.provider, {"TransactionID": "T1"}, subject=subject).dedupe_key for subject in asked * 2]
    refused = answered(ratiba.provider, {}, code="1032").dedupe_key
    assert keys[:2] == keys[2:]
    assert len({*keys, refused}) == 3


def test_a_mandate_that_was_never_answered_is_pending(ratiba):
    found = run(ratiba.provider.get_mandate("", "SABC"))
    assert (found.state, found.found) == (MandateState.PENDING, False)


# Money


def test_the_statement_lists_the_orders_money_and_nobody_elses(ratiba):
    mandate = ratiba.mandate()
    ratiba.provider_debits(mandate)
    ratiba.control.user("bill", phone="254712345678", account="PAB", amount=5)
    ratiba.control.user("bill", phone="254712345678", account="P" + mandate.merchant_ref[1:], amount=6)
    day = ratiba.now().astimezone(NAIROBI).date()
    ratiba.move_clock(ratiba.now() + timedelta(hours=20))
    ((line),) = run(ratiba.provider.statement(day))
    assert (line.kind, line.merchant_ref, line.amount) == (
        EventKind.PAYMENT,
        mandate.merchant_ref,
        mandate.terms.single_limit,
    )


def test_a_receipt_of_another_order_is_not_this_ones(ratiba):
    first, second = ratiba.mandate(), ratiba.mandate()
    ratiba.provider_debits(first)
    told = ratiba.said(lambda event: event.payment, 2)
    (receipt,) = [event.payment.provider_ref for _, event in told if event.payment.merchant_ref == first.merchant_ref]
    assert run(ratiba.provider.get_payment(first.merchant_ref, receipt)).state is PaymentState.SUCCEEDED
    found = run(ratiba.provider.get_payment(second.merchant_ref, receipt))
    assert (found.state, found.found) == (PaymentState.UNKNOWN, False)
