"""Stripe's SDK under our driver, what its answers may say, and the settings."""

import asyncio
import json
import logging
from dataclasses import replace
from datetime import date, timedelta

import pytest
import stripe as vendor

from common.http import HttpRequest, HttpResponse, OutcomeUnknown, arun, run
from common.http.transport import close_async_client
from tests.wallets.stripe_fixtures import stripe, stripe_sandbox
from wallets.providers import registry
from wallets.providers.base import (
    Capability,
    ConfigError,
    DeclineCategory,
    InvalidWebhook,
    MandateState,
    NotSent,
    PaymentState,
    Reason,
)
from wallets.providers.stripe import reading, requests

__all__ = ["stripe", "stripe_sandbox"]


def test_a_call_of_the_sdk_is_an_operation_that_yields_our_requests(stripe):
    operation = stripe.provider.get_payment("A1", "pi_1")
    request = next(operation)
    assert isinstance(request, HttpRequest)
    assert (request.method, request.purpose) == ("GET", "stripe.get.payment_intents")
    assert request.headers["Stripe-Account"] == stripe.config.options["account"]
    body = b'{"error": {"type": "invalid_request_error", "code": "resource_missing"}}'
    with pytest.raises(StopIteration) as stop:
        operation.send(HttpResponse(status=404, body=body))
    assert stop.value.value.found is False


def test_the_sdk_never_repeats_a_call_by_itself(stripe):
    operation = stripe.provider.get_payment("A1", "pi_1")
    next(operation)
    with pytest.raises(OutcomeUnknown):
        operation.send(HttpResponse(status=503, headers={"stripe-should-retry": "true"}, body=b"{}"))


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"7", b"\xff", b"[" * 50_000, b'{"error": "x"}', b"{}"])
@pytest.mark.parametrize("status", [200, 302, 400, 402, 500])
def test_an_answer_that_makes_no_sense_is_never_a_failure(stripe, body, status):
    request = replace(stripe.charge_request(stripe.mandate()), merchant_ref="A1")
    operation = stripe.provider.charge(request)
    next(operation)
    method = b'{"id": "pm_1", "object": "payment_method", "customer": "cus_1", "type": "card", "livemode": false}'
    operation.send(HttpResponse(status=200, body=method))
    with pytest.raises(OutcomeUnknown):
        operation.send(HttpResponse(status=status, body=body))


def test_our_key_and_our_mark_travel_with_every_debit(stripe):
    request = stripe.charge_request(stripe.mandate())
    operation = stripe.provider.charge(request)
    method = b'{"id": "pm_1", "object": "payment_method", "customer": "cus_1", "type": "card", "livemode": false}'
    next(operation)
    sent = operation.send(HttpResponse(status=200, body=method))
    assert sent.headers["Idempotency-Key"] == request.merchant_ref
    assert f"metadata[attempt_id]={request.merchant_ref}" in sent.body.decode()
    assert "off_session=true" in sent.body.decode()


def test_the_secret_key_shows_in_no_repr(stripe):
    key = (stripe.config.secrets_dir / stripe.config.secrets["api_key"]).read_text()
    operation = stripe.provider.get_payment("A1", "pi_1")
    shown = repr(vars(stripe.provider)) + repr(next(operation))
    assert key not in shown
    assert "whsec_" not in shown


def test_hundreds_of_debits_run_at_a_time_and_each_debits_once(stripe):
    mandates = [stripe.mandate() for _ in range(3)]
    requests = [stripe.charge_request(mandate) for mandate in mandates for _ in range(30)]

    async def charge_all():
        try:
            return await asyncio.gather(*(arun(stripe.provider.charge(request)) for request in requests))
        finally:
            await close_async_client()

    results = asyncio.run(charge_all())
    assert {result.state for result in results} == {PaymentState.SUCCEEDED}
    assert all(stripe.debits(request.merchant_ref) == 1 for request in requests)


def test_what_was_not_sent_for_the_debit_is_not_sent_even_after_a_question_without_answer(stripe):
    request = stripe.charge_request(stripe.mandate())
    stripe.fault("timeout_before_commit", method="payment_methods")
    with pytest.raises(NotSent):
        run(stripe.provider.charge(request))
    assert run(stripe.provider.charge(request)).state is PaymentState.SUCCEEDED


CARD = {"id": "pm_1", "object": "payment_method", "customer": "cus_1", "type": "card", "livemode": False}


def reply(**body):
    return HttpResponse(status=200, body=json.dumps({"livemode": False, **body}).encode())


def answer_intent(request, **changes):
    marks = {"attempt_id": request.merchant_ref, "flow": "off_session"}
    money = {"amount": request.amount.minor, "currency": "usd", "status": "succeeded"}
    return reply(**{"id": "pi_1", "object": "payment_intent", **money, "metadata": marks, **changes})


def asked(stripe):
    """A debit about to be answered by Stripe."""
    request = stripe.charge_request(stripe.mandate())
    operation = stripe.provider.charge(request)
    next(operation)
    operation.send(reply(**CARD))
    return request, operation


def result_of(operation, answer):
    with pytest.raises(StopIteration) as stop:
        operation.send(answer)
    return stop.value.value


@pytest.mark.parametrize("changes", [{"amount": 1235}, {"currency": "eur"}, {"amount": None}, {"amount": "1234"}])
def test_a_debit_answered_with_another_amount_is_unknown(stripe, changes):
    request, operation = asked(stripe)
    with pytest.raises(OutcomeUnknown):
        operation.send(answer_intent(request, **changes))


def asked_of_saved(stripe):
    """A payment with a saved card about to be answered by Stripe."""
    request = stripe.payment(saved_ref=stripe.saved())
    operation = stripe.provider.create_payment(request)
    next(operation)
    operation.send(reply(**CARD))
    return request, operation


@pytest.mark.parametrize("changes", [{"amount": 1235}, {"currency": "eur"}, {"amount": None}])
def test_a_saved_card_answered_with_another_amount_is_unknown(stripe, changes):
    request, operation = asked_of_saved(stripe)
    with pytest.raises(OutcomeUnknown):
        operation.send(answer_intent(request, **changes))


def test_a_payment_with_a_saved_card_that_nobody_can_confirm_is_ended(stripe):
    request, operation = asked_of_saved(stripe)
    following = operation.send(answer_intent(request, status="requires_action"))
    assert (following.method, following.url.rpartition("/")[2]) == ("POST", "cancel")


def test_a_stored_answer_about_a_saved_card_is_looked_up(stripe):
    request, operation = asked_of_saved(stripe)
    stored = answer_intent(request, status="processing")
    following = operation.send(replace(stored, headers={"idempotent-replayed": "true"}))
    assert (following.method, "pi_1" in following.url) == ("GET", True)


def test_a_page_made_for_another_amount_is_not_shown(stripe):
    request = stripe.payment()
    operation = stripe.provider.create_payment(request)
    next(operation)
    page = {
        "id": "cs_1",
        "object": "checkout.session",
        "status": "open",
        "url": "http://127.0.0.1:1/",
        "currency": "usd",
    }
    with pytest.raises(OutcomeUnknown):
        operation.send(reply(**page, amount_total=1, client_reference_id=request.merchant_ref))


def test_a_refund_answered_with_another_amount_is_unknown(stripe):
    request = stripe.refund_request(stripe.paid(), 100)
    operation = stripe.provider.refund(request)
    next(operation)
    operation.send(reply(object="list", data=[], has_more=False))
    marks = {"attempt_id": request.merchant_ref, "refund_ref": request.refund_ref}
    made = {"id": "re_1", "object": "refund", "amount": 99, "currency": "usd", "status": "succeeded"}
    with pytest.raises(OutcomeUnknown):
        operation.send(reply(**made, metadata=marks))


@pytest.mark.parametrize(
    ("ended", "state"),
    [({"status": "canceled"}, PaymentState.FAILED), ({"status": "processing"}, PaymentState.SUCCEEDED)],
)
def test_a_debit_that_waits_for_the_payer_is_ended_or_told_as_it_stands(stripe, ended, state):
    request, operation = asked(stripe)
    cancelling = operation.send(answer_intent(request, status="requires_action"))
    assert cancelling.url.endswith("/payment_intents/pi_1/cancel")
    if state is PaymentState.FAILED:
        result = result_of(operation, answer_intent(request, **ended))
        assert result.decline.category is DeclineCategory.NEEDS_CUSTOMER_ACTION
        return
    looking = operation.send(answer_intent(request, **ended))
    assert looking.method == "GET"
    assert result_of(operation, answer_intent(request)).state is PaymentState.SUCCEEDED


def test_a_detached_wallet_is_not_even_tried(stripe):
    operation = stripe.provider.charge(stripe.charge_request(stripe.mandate()))
    next(operation)
    result = result_of(operation, reply(**{**CARD, "customer": None}))
    assert (result.state, result.decline.reason) == (PaymentState.FAILED, Reason.MANDATE_REVOKED)


@pytest.mark.parametrize(("day", "state"), [(28, MandateState.ACTIVE), (1, MandateState.EXPIRED)])
def test_a_card_is_good_to_the_last_day_of_its_month(day, state):
    today = date(2027, 2 if day == 28 else 3, day)
    assert reading.standing({"customer": "cus_1", "card": {"exp_year": 2027, "exp_month": 2}}, None, today) is state


# Settings


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("api_key", "pk_test_1"),
        ("api_key", ""),
        ("api_key", "schlüssel"),
        ("webhook_secret", ""),
        ("webhook_secret", "whsec_a b"),
    ],
)
def test_a_secret_of_the_wrong_kind_is_refused_by_name(stripe, tmp_path, name, content):
    for other in ("api_key", "webhook_secret"):
        (tmp_path / other).write_text("sk_test_1" if other == "api_key" else "whsec_1")
    (tmp_path / name).write_text(content)
    config = replace(stripe.config, secrets_dir=tmp_path, secrets={one: one for one in ("api_key", "webhook_secret")})
    with pytest.raises(ConfigError, match=name) as refusal:
        registry.build("stripe", config)
    assert not content or content not in refusal.value.message


def test_a_live_key_believes_live_answers_only(stripe, tmp_path):
    (tmp_path / "api_key").write_text("rk_live_1")
    (tmp_path / "webhook_secret").write_text("whsec_1")
    names = {one: one for one in ("api_key", "webhook_secret")}
    live = registry.build("stripe", replace(stripe.config, secrets_dir=tmp_path, secrets=names))
    operation = live.get_payment("A1", "pi_1")
    next(operation)
    with pytest.raises(OutcomeUnknown, match="mode"):
        operation.send(HttpResponse(status=200, body=b'{"object": "payment_intent", "livemode": false}'))


def test_wallets_that_cannot_be_charged_alone_are_not_promised(stripe):
    assert stripe.provider.descriptor.can(Capability.REVERSIBLE_AFTER_SUCCESS)
    assert not stripe.provider.descriptor.can(Capability.PRE_DEBIT_NOTICE)


def test_the_banks_page_runs_out_with_the_link(stripe):
    request = stripe.payment(saved_ref=stripe.saved(asks=True), expires_at=stripe.now() + timedelta(hours=1))
    asked_payer = run(stripe.provider.create_payment(request))
    assert (asked_payer.state, asked_payer.action.expires_at) == (PaymentState.REQUIRES_ACTION, request.expires_at)


def test_a_saved_card_is_confirmed_by_its_payer_and_a_bank_debit_goes_by_its_mandate(stripe):
    request = stripe.payment(saved_ref="pm_1")
    card, sepa = (requests.saved_payment(request, {**CARD, "type": kind}) for kind in ("card", "sepa_debit"))
    assert (card["off_session"], bool(card["return_url"])) == (False, True)
    assert (sepa["off_session"], "return_url" in sepa) == (True, False)


def test_a_live_key_hears_nothing_of_test_payments(stripe):
    stripe.paid()
    ((call, _event), *_) = stripe.said(lambda event: event.payment)
    (stripe.config.secrets_dir / "live_key").write_text("sk_live_made_for_this_test")
    config = replace(stripe.config, secrets={**stripe.config.secrets, "api_key": "live_key"})
    with pytest.raises(InvalidWebhook):
        registry.build("stripe", config).parse_webhook(call)


def test_the_sdk_tells_stripe_nothing_of_us_and_writes_no_texts_to_the_log():
    assert vendor.enable_telemetry is False
    assert logging.getLogger("stripe").level >= logging.WARNING
