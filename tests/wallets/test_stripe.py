"""What is particular to Stripe, on the wire."""

import asyncio
import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from common.http import HttpRequest, HttpResponse, OutcomeUnknown, arun, run
from common.http.transport import close_async_client
from common.money import Money
from tests.wallets.stripe_fixtures import stripe, stripe_sandbox
from wallets.providers import registry
from wallets.providers.base import (
    Capability,
    ConfigError,
    DeclineCategory,
    EventKind,
    MandateState,
    NotSent,
    PaymentState,
    Reason,
    RefundState,
    StatementLine,
)
from wallets.providers.stripe import reading

__all__ = ["stripe", "stripe_sandbox"]


def intents(stripe):
    return stripe.control.get("stripe/payment_intents")["payment_intents"]


def sepa_mandate(stripe):
    stripe.currency = "EUR"
    request = stripe.mandate_request()
    started = run(stripe.provider.start_mandate(request))
    stripe.user_signs(started.action.url, "sepa_debit")
    signed = run(stripe.provider.get_mandate("", request.merchant_ref))
    return replace(stripe.mandate(), mandate_ref=signed.mandate_ref, merchant_ref=request.merchant_ref)


def with_choice(stripe, choice, **changes):
    payment = stripe.created(**changes)
    stripe.user_pays(payment, choice)
    return run(stripe.provider.get_payment(payment.merchant_ref, payment.provider_ref))


# The SDK and the driver


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


# Payments


@pytest.mark.parametrize("choice", ["visa", "apple_pay", "google_pay", "link", "alipay", "wechat_pay"])
def test_each_way_of_paying_on_the_page_pays(stripe, choice):
    paid = with_choice(stripe, choice)
    assert paid.state is PaymentState.SUCCEEDED
    assert stripe.debits(paid.merchant_ref) == 1


@pytest.mark.parametrize("currency", ["JPY", "TWD", "GBP", "EUR", "HKD"])
def test_other_currencies_arrive_exactly(stripe, currency):
    stripe.currency = currency
    assert stripe.paid().amount == Money(1234, currency)


def test_a_bank_that_asks_the_payer_is_asked_on_its_own_page(stripe):
    payment = stripe.created()
    back = stripe.control.press(f"{payment.action.url}/pay", choice="visa_asks")
    assert back.startswith("/stripe/confirm/pi_")
    waiting = run(stripe.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert waiting.state is PaymentState.REQUIRES_ACTION
    stripe.control.press(f"{back}/approve")
    assert run(stripe.provider.get_payment(payment.merchant_ref)).state is PaymentState.SUCCEEDED
    assert stripe.debits(payment.merchant_ref) == 1


def test_a_payer_who_refuses_at_the_bank_may_try_another_way(stripe):
    payment = stripe.created()
    back = stripe.control.press(f"{payment.action.url}/pay", choice="visa_asks")
    stripe.control.press(f"{back}/refuse")
    found = run(stripe.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert (found.state, found.decline.reason) == (PaymentState.REQUIRES_ACTION, Reason.AUTHENTICATION_REQUIRED)
    stripe.user_pays(payment)
    assert stripe.debits(payment.merchant_ref) == 1


def test_a_declined_card_leaves_the_page_open_and_says_why(stripe):
    found = with_choice(stripe, "visa_poor")
    assert (found.state, found.decline.reason) == (PaymentState.REQUIRES_ACTION, Reason.INSUFFICIENT_FUNDS)
    assert found.action.url


def test_a_payment_whose_creation_got_no_answer_is_found_and_closed_by_our_reference_alone(stripe):
    request = stripe.payment()
    stripe.fault("timeout_after_commit")
    with pytest.raises(OutcomeUnknown):
        run(stripe.provider.create_payment(request))
    found = run(stripe.provider.get_payment(request.merchant_ref))
    assert (found.state, bool(found.action.url)) == (PaymentState.REQUIRES_ACTION, True)
    assert run(stripe.provider.close_payment(request.merchant_ref)).state is PaymentState.CLOSED
    stripe.user_pays(found)
    assert stripe.debits(request.merchant_ref) == 0


def test_a_page_lives_at_least_half_an_hour_because_stripe_wants_it_so(stripe):
    payment = stripe.created(expires_at=stripe.now() + timedelta(minutes=15))
    assert timedelta(minutes=29) < payment.action.expires_at - stripe.now() < timedelta(minutes=32)


def test_creating_again_under_the_same_reference_shows_the_page_as_it_is_now(stripe):
    request = stripe.payment()
    first = run(stripe.provider.create_payment(request))
    assert run(stripe.provider.create_payment(request)).action.url == first.action.url
    stripe.user_pays(first)
    again = run(stripe.provider.create_payment(request))
    assert (again.state, again.action) == (PaymentState.SUCCEEDED, None)


def test_another_amount_under_the_same_reference_is_refused_and_for_us_to_mend(stripe):
    request = stripe.payment()
    run(stripe.provider.create_payment(request))
    other = run(stripe.provider.create_payment(replace(request, amount=stripe.money(999))))
    assert (other.state, other.decline.category) == (PaymentState.FAILED, DeclineCategory.OPERATOR)


def test_a_wallet_saved_while_paying_can_be_debited(stripe):
    paid = with_choice(stripe, "visa", save_method=True)
    assert paid.saved.state is MandateState.ACTIVE
    standing = replace(stripe.mandate(), mandate_ref=paid.saved.mandate_ref)
    assert run(stripe.provider.charge(stripe.charge_request(standing))).state is PaymentState.SUCCEEDED


def test_a_wallet_is_not_saved_unless_that_was_asked_for(stripe):
    assert stripe.paid().saved is None


# Debits


def test_a_debit_is_found_before_search_shows_it_and_after(stripe):
    request = stripe.charge_request(stripe.mandate())
    stripe.fault("timeout_after_commit")
    with pytest.raises(OutcomeUnknown):
        run(stripe.provider.charge(request))
    assert run(stripe.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED
    stripe.move_clock(stripe.now() + timedelta(hours=2))
    assert run(stripe.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED


def test_the_earlier_debit_decides_when_a_reference_is_used_again_for_another_amount(stripe):
    request = stripe.charge_request(stripe.mandate())
    run(stripe.provider.charge(request))
    again = run(stripe.provider.charge(replace(request, amount=stripe.money(999))))
    assert (again.state, again.amount) == (PaymentState.SUCCEEDED, request.amount)
    assert stripe.debits(request.merchant_ref) == 1


def test_a_server_error_is_told_again_under_its_key_and_moves_nothing(stripe):
    request = stripe.charge_request(stripe.mandate())
    stripe.fault("http_500", method="payment_intents")
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            run(stripe.provider.charge(request))
    assert run(stripe.provider.get_payment(request.merchant_ref)).found is False
    assert stripe.debits(request.merchant_ref) == 0


def test_a_debit_accepted_under_a_key_is_told_as_it_stands_now(stripe):
    request = stripe.charge_request(stripe.mandate())
    stripe.fault("accept_only")
    assert run(stripe.provider.charge(request)).state is PaymentState.PENDING
    stripe.control.user("settle", attempt_id=request.merchant_ref)
    assert run(stripe.provider.charge(request)).state is PaymentState.SUCCEEDED
    assert stripe.debits(request.merchant_ref) == 1


def test_a_bank_that_wants_the_payer_ends_the_debit(stripe):
    request = stripe.mandate_request()
    started = run(stripe.provider.start_mandate(request))
    stripe.user_signs(started.action.url, "visa_asks")
    signed = run(stripe.provider.get_mandate("", request.merchant_ref))
    charge = stripe.charge_request(replace(stripe.mandate(), mandate_ref=signed.mandate_ref))
    result = run(stripe.provider.charge(charge))
    assert result.decline.category is DeclineCategory.NEEDS_CUSTOMER_ACTION
    assert run(stripe.provider.get_payment(charge.merchant_ref)).state is PaymentState.FAILED


def test_a_debit_above_what_was_agreed_never_leaves_us(stripe):
    mandate = stripe.mandate(total_payments=1)
    over = stripe.charge_request(mandate, 5001)
    assert run(stripe.provider.charge(over)).decline.reason is Reason.AMOUNT_OVER_MANDATE
    used_up = stripe.charge_request(replace(mandate, charged_count=1))
    assert run(stripe.provider.charge(used_up)).decline.category is DeclineCategory.OPERATOR
    assert intents(stripe) == []


def test_a_mandate_past_its_own_end_has_no_window(stripe):
    mandate = stripe.mandate(valid_until=date(2026, 1, 1))
    window = stripe.provider.charge_window(mandate, stripe.money(), stripe.now())
    assert window.decline.reason is Reason.MANDATE_EXPIRED


def test_signing_may_be_begun_again_and_the_last_page_counts(stripe):
    request = stripe.mandate_request()
    first, second = (run(stripe.provider.start_mandate(request)) for _ in range(2))
    assert first.action.url != second.action.url
    stripe.user_signs(second.action.url)
    assert run(stripe.provider.get_mandate("", request.merchant_ref)).state is MandateState.ACTIVE
    assert len(stripe.control.get("stripe/customers")["customers"]) == 1


def test_a_mandate_is_found_after_search_knows_it_too(stripe):
    request = stripe.mandate_request()
    stripe.user_signs(run(stripe.provider.start_mandate(request)).action.url)
    stripe.move_clock(stripe.now() + timedelta(hours=1))
    found = run(stripe.provider.get_mandate("", request.merchant_ref))
    assert (found.state, found.merchant_ref) == (MandateState.ACTIVE, request.merchant_ref)


# SEPA


def test_a_sepa_debit_is_pending_for_days_and_then_paid(stripe):
    request = stripe.charge_request(sepa_mandate(stripe))
    assert run(stripe.provider.charge(request)).state is PaymentState.PENDING
    assert stripe.debits(request.merchant_ref) == 0
    stripe.move_clock(stripe.now() + timedelta(days=6))
    assert run(stripe.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED
    assert stripe.debits(request.merchant_ref) == 1


def test_a_sepa_debit_can_fail_after_it_was_accepted(stripe):
    request = stripe.charge_request(sepa_mandate(stripe))
    run(stripe.provider.charge(request))
    stripe.control.user("fail", attempt_id=request.merchant_ref)
    found = run(stripe.provider.get_payment(request.merchant_ref))
    assert (found.state, found.decline.reason) == (PaymentState.FAILED, Reason.INSUFFICIENT_FUNDS)


def test_a_sepa_payment_of_a_page_can_fail_long_after_the_page(stripe):
    stripe.currency = "EUR"
    accepted = with_choice(stripe, "sepa_debit")
    assert (accepted.state, stripe.debits(accepted.merchant_ref)) == (PaymentState.PENDING, 0)
    stripe.control.user("fail", attempt_id=accepted.merchant_ref)
    for known in (accepted.provider_ref, ""):
        found = run(stripe.provider.get_payment(accepted.merchant_ref, known))
        assert (found.state, found.decline.reason) == (PaymentState.FAILED, Reason.INSUFFICIENT_FUNDS)


def test_a_page_that_ended_after_a_declined_try_is_closed_however_it_is_asked_for(stripe):
    declined = with_choice(stripe, "visa_poor")
    stripe.move_clock(stripe.now() + timedelta(hours=25))
    for known in (declined.provider_ref, ""):
        assert run(stripe.provider.get_payment(declined.merchant_ref, known)).state is PaymentState.CLOSED


def test_a_sepa_debit_given_back_by_the_debtor_is_reversed_for_good(stripe):
    request = stripe.charge_request(sepa_mandate(stripe))
    run(stripe.provider.charge(request))
    stripe.control.user("settle", attempt_id=request.merchant_ref)
    stripe.reverse(request.merchant_ref)
    assert run(stripe.provider.get_payment(request.merchant_ref)).state is PaymentState.REVERSED


def test_a_sepa_mandate_ended_at_the_bank_is_seen_and_takes_no_money(stripe):
    mandate = sepa_mandate(stripe)
    stripe.control.user("end_at_bank", id=mandate.mandate_ref)
    assert run(stripe.provider.get_mandate(mandate.mandate_ref)).state is MandateState.REVOKED
    request = stripe.charge_request(mandate)
    result = run(stripe.provider.charge(request))
    assert (result.state, result.decline.reason) == (PaymentState.FAILED, Reason.MANDATE_REVOKED)
    assert stripe.debits(request.merchant_ref) == 0


def test_a_dispute_we_win_brings_the_payment_back(stripe):
    paid = stripe.paid()
    stripe.reverse(paid.merchant_ref)
    (dispute,) = stripe.control.get("stripe/disputes")["disputes"]
    stripe.control.user("win", id=dispute["id"])
    assert run(stripe.provider.get_payment(paid.merchant_ref, paid.provider_ref)).state is PaymentState.SUCCEEDED


# Refunds and books


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
