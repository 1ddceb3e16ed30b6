"""Callbacks of M-Pesa: nothing is signed, so the address, the amount and a query have to do."""

import json
from dataclasses import replace

import pytest
from django.urls import resolve

from common.http import run
from common.money import Money
from tests.wallets.mpesa_fixtures import mpesa, mpesa_sandbox, ratiba
from wallets.providers.base import (
    DeclineCategory,
    EventKind,
    HttpIn,
    InvalidWebhook,
    MandateState,
    PaymentState,
    Reason,
)

__all__ = ["mpesa", "mpesa_sandbox", "ratiba"]

PUBLIC = "https://pay.example/webhooks/wallets/mpesa/"


@pytest.fixture
def stk(shared):
    return json.loads((shared / "vectors" / "mpesa" / "stk.json").read_text())


def called(harness, body, kind="stk", subject=("PABC", "1"), **changes):
    address = harness.provider._doors.address(PUBLIC, kind, *subject)
    call = HttpIn(method="POST", path=address.removeprefix("https://pay.example"), body=json.dumps(body).encode())
    return replace(call, **changes)


def read(harness, call):
    (event,) = harness.provider.parse_webhook(call)
    return event


@pytest.mark.parametrize("name", ["callback_success", "callback_success_with_valueless_item"])
def test_a_published_success_is_read_and_wants_to_be_confirmed(mpesa, stk, name):
    event = read(mpesa, called(mpesa, stk[name]))
    assert (event.kind, event.payment.state) == (EventKind.PAYMENT, PaymentState.SUCCEEDED)
    assert (event.payment.merchant_ref, event.payment.amount) == ("PABC", Money(100, "KES"))
    assert event.confirm_first
    assert "PhoneNumber" not in event.facts


def test_a_published_failure_has_no_metadata_and_is_a_decline(mpesa, stk):
    event = read(mpesa, called(mpesa, stk["callback_failed"]))
    assert event.payment.state is PaymentState.FAILED
    assert event.payment.decline.category is DeclineCategory.NEEDS_CUSTOMER_ACTION
    assert event.payment.decline.reason is Reason.CANCELLED_BY_CUSTOMER


def test_an_amount_other_than_the_one_in_the_address_is_refused(mpesa, stk):
    with pytest.raises(InvalidWebhook, match="amount"):
        mpesa.provider.parse_webhook(called(mpesa, stk["callback_success"], subject=("PABC", "2")))


def test_a_code_nobody_listed_is_unknown(mpesa, stk):
    stk["callback_failed"]["Body"]["stkCallback"]["ResultCode"] = 77777
    assert read(mpesa, called(mpesa, stk["callback_failed"])).payment.state is PaymentState.UNKNOWN


def test_every_attempt_has_an_address_nobody_can_guess(mpesa):
    doors = mpesa.provider._doors
    addresses = {doors.address(PUBLIC, "stk", f"P{number}", "1") for number in range(50)}
    tokens = {address.rstrip("/").rsplit("/", 1)[1] for address in addresses}
    assert len(tokens) == 50
    assert {len(bytes.fromhex(token)) * 8 for token in tokens} == {160}


@pytest.mark.parametrize("changed", ["PABD.1", "PABC.2", "PABC.1.0", "PABC", ""])
def test_a_token_opens_its_own_address_only(mpesa, stk, changed):
    call = called(mpesa, stk["callback_success"])
    with pytest.raises(InvalidWebhook, match="address"):
        mpesa.provider.parse_webhook(replace(call, path=call.path.replace("PABC.1", changed)))


@pytest.mark.parametrize("kind", ["c2b", "reversal", "order"])
def test_a_token_of_one_kind_opens_no_other(mpesa, stk, kind):
    call = called(mpesa, stk["callback_success"])
    with pytest.raises(InvalidWebhook, match="address we gave"):
        mpesa.provider.parse_webhook(replace(call, path=call.path.replace("/stk/", f"/{kind}/")))


def test_another_merchants_key_opens_nothing(mpesa, stk):
    (mpesa.config.secrets_dir / "other").write_text("o" * 40)
    other = replace(mpesa.config, secrets={**mpesa.config.secrets, "callback_key": "other"})
    from wallets.providers import registry

    with pytest.raises(InvalidWebhook):
        registry.build("mpesa", other).parse_webhook(called(mpesa, stk["callback_success"]))


@pytest.mark.parametrize(
    ("came_from", "taken"),
    [("196.201.214.200", True), ("196.201.215.1", False), ("", False), ("nonsense", False), ("::1", False)],
)
def test_a_call_from_elsewhere_is_refused(mpesa, stk, came_from, taken):
    provider = mpesa.built(allowed_networks="196.201.214.0/24, 196.201.213.114")
    call = called(mpesa, stk["callback_failed"], client_ip=came_from)
    if taken:
        assert provider.parse_webhook(call)
    else:
        with pytest.raises(InvalidWebhook, match="came from"):
            provider.parse_webhook(call)


def test_the_address_leads_to_the_wallets_door(mpesa):
    path = called(mpesa, {}).path
    assert resolve(path).kwargs == {"provider_key": "mpesa"}
    assert resolve("/webhooks/wallets/mpesa/").url_name == "wallet_notify"


def test_a_forged_call_is_refused_and_the_genuine_one_still_comes(mpesa):
    mpesa.fault("forge")
    paid = mpesa.paid()
    calls = mpesa.receiver.wait(2)
    with pytest.raises(InvalidWebhook):
        mpesa.provider.parse_webhook(calls[0])
    assert read(mpesa, calls[1]).payment.merchant_ref == paid.merchant_ref


def test_a_tampered_amount_is_refused(mpesa):
    mpesa.fault("tamper")
    mpesa.paid()
    with pytest.raises(InvalidWebhook):
        mpesa.provider.parse_webhook(mpesa.receiver.wait()[0])


def test_a_payment_is_found_although_its_callback_never_comes(mpesa):
    mpesa.fault("drop")
    assert mpesa.paid().state is PaymentState.SUCCEEDED
    assert mpesa.receiver.calls == []


def test_a_lie_about_another_prompt_is_found_out_by_the_query(mpesa, stk):
    """Even who knows the address cannot make a payment: our own prompt decides."""
    payment = mpesa.created()
    stk["callback_success"]["Body"]["stkCallback"]["CallbackMetadata"]["Item"][0]["Value"] = 1234
    event = read(mpesa, called(mpesa, stk["callback_success"], subject=(payment.merchant_ref, "1234")))
    assert event.confirm_first
    asked = run(mpesa.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert asked.state is PaymentState.REQUIRES_ACTION


def test_money_paid_by_hand_is_told_with_its_account_number(mpesa):
    run(mpesa.provider.register_addresses(mpesa.receiver.url))
    mpesa.control.user("bill", phone="254712345678", account="ACC-7F3K9Q", amount=250)
    event = read(mpesa, mpesa.receiver.wait()[0])
    assert (event.payment.merchant_ref, event.payment.amount) == ("ACC-7F3K9Q", Money(25000, "KES"))
    assert event.confirm_first
    assert "254712345678" not in repr(event.facts)


def test_a_confirmation_for_another_short_code_is_refused(mpesa):
    body = {"BusinessShortCode": "600000", "TransID": "SAB1", "TransAmount": "5.00", "BillRefNumber": "P1"}
    with pytest.raises(InvalidWebhook):
        mpesa.provider.parse_webhook(called(mpesa, body, kind="c2b", subject=("174379",)))


@pytest.mark.parametrize("amount", ["0", "-5", "x", None, 1e300, "1.001"])
def test_a_confirmation_without_a_true_amount_is_refused(mpesa, amount):
    body = {"BusinessShortCode": "174379", "TransID": "SAB1", "TransAmount": amount, "BillRefNumber": "P1"}
    with pytest.raises(InvalidWebhook):
        mpesa.provider.parse_webhook(called(mpesa, body, kind="c2b", subject=("174379",)))


@pytest.mark.parametrize(
    "body",
    [
        {"Body": None},
        {"Body": {"stkCallback": []}},
        {"Body": {"stkCallback": {"CheckoutRequestID": 5, "ResultCode": True}}},
        {"Body": {"stkCallback": {"CheckoutRequestID": "ws_CO_1", "ResultCode": 0}}},
        {"Body": {"stkCallback": {"CheckoutRequestID": "../x", "ResultCode": 0}}},
        {"Body": {"stkCallback": {"CheckoutRequestID": "ws_CO_1", "ResultCode": 0, "CallbackMetadata": {"Item": 7}}}},
        {"Body": {"stkCallback": {"CheckoutRequestID": "a", "ResultCode": 0, "CallbackMetadata": {"Item": [{}] * 99}}}},
    ],
)
def test_a_callback_in_pieces_is_refused(mpesa, body):
    with pytest.raises(InvalidWebhook):
        mpesa.provider.parse_webhook(called(mpesa, body))


# Standing orders


def approved(ratiba, body, subject=("SABC", "4500", "20250905")):
    return read(ratiba, called(ratiba, body, kind="order", subject=subject))


def test_the_published_approval_makes_the_mandate_active(ratiba, stk):
    event = approved(ratiba, stk["ratiba_callback"], subject=("SABC", "4500", "20991231"))
    assert (event.kind, event.mandate.state) == (EventKind.MANDATE, MandateState.ACTIVE)
    assert event.mandate.merchant_ref == "SABC"
    assert not event.confirm_first
    found = run(ratiba.provider.get_mandate(event.mandate.mandate_ref))
    assert found.state is MandateState.ACTIVE
    assert len(event.mandate.mandate_ref) <= 128


def test_capitals_and_codes_may_be_written_either_way(ratiba, stk):
    header = {"ResponseCode": "200"}
    items = [{"Name": "TransactionID", "Value": "SC8F2IQMH5"}]
    body = {"ResponseHeader": header, "ResponseBody": {"ResponseData": items}}
    assert approved(ratiba, body, subject=("SABC", "4500", "20991231")).mandate.state is MandateState.ACTIVE


def test_an_order_whose_last_day_is_over_has_expired(ratiba, stk):
    event = approved(ratiba, stk["ratiba_callback"])
    assert run(ratiba.provider.get_mandate(event.mandate.mandate_ref)).state is MandateState.EXPIRED


@pytest.mark.parametrize(
    ("code", "state"), [("1032", MandateState.REVOKED), ("1037", MandateState.REVOKED), ("8123", MandateState.UNKNOWN)]
)
def test_an_order_that_was_not_approved_never_lives(ratiba, stk, code, state):
    stk["ratiba_callback"]["responseHeader"]["responseCode"] = code
    assert approved(ratiba, stk["ratiba_callback"]).mandate.state is state


def test_a_mandate_reference_cannot_be_made_up_or_prolonged(ratiba, stk):
    reference = approved(ratiba, stk["ratiba_callback"]).mandate.mandate_ref
    for changed in (reference.replace("20250905", "20990905"), "SABC.X.20990101.0", "SABC", reference[:-1]):
        found = run(ratiba.provider.get_mandate(changed))
        assert (found.state, found.found) == (MandateState.UNKNOWN, False)
