"""What is particular to PayPal, on the wire."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from common.errors import InvalidInput
from common.http import HttpRequest, HttpResponse, NotSent, OutcomeUnknown, arun, run
from common.http.transport import close_async_client
from common.money import Money
from tests.wallets.paypal_fixtures import paypal, paypal_sandbox
from wallets.providers import registry
from wallets.providers.base import ConfigError, EventKind, MandateState, PaymentState, RateLimited, RefundState
from wallets.providers.paypal import amounts, gateway
from wallets.providers.paypal.tokens import TokenCache

__all__ = ["paypal", "paypal_sandbox"]

SUCCEEDED, CLOSED = PaymentState.SUCCEEDED, PaymentState.CLOSED


def asked(paypal, payment):
    return run(paypal.provider.get_payment(payment.merchant_ref, payment.provider_ref))


def order_of(paypal, payment):
    return next(one for one in paypal.control.get("paypal/orders")["orders"] if one["id"] == payment.provider_ref)


# Approving and capturing


def test_an_approved_order_is_not_money_until_it_is_captured(paypal):
    payment = paypal.created()
    paypal.approves(payment)
    assert paypal.debits(payment.merchant_ref) == 0
    assert asked(paypal, payment).state is SUCCEEDED
    assert paypal.debits(payment.merchant_ref) == 1


def test_the_payer_comes_back_to_the_page_we_named(paypal):
    payment = paypal.created(return_url="http://127.0.0.1:1/back?link=7")
    back = paypal.approves(payment)
    assert back.startswith("http://127.0.0.1:1/back?link=7&token=")
    other = paypal.created(return_url="http://127.0.0.1:1/back")
    assert paypal.approves(other, "cancel").startswith("http://127.0.0.1:1/back?token=")


def test_an_approval_is_announced_and_completes_the_payment_when_nobody_comes_back(paypal):
    paypal.register("nothing")
    payment = paypal.created()
    paypal.approves(payment)
    ((_, event),) = paypal.said(lambda event: event.type == "CHECKOUT.ORDER.APPROVED")
    assert (event.payment.state, event.payment.amount) == (PaymentState.REQUIRES_ACTION, paypal.money())
    assert (event.payment.merchant_ref, event.payment.provider_ref) == (payment.merchant_ref, payment.provider_ref)
    assert event.confirm_first
    assert asked(paypal, event.payment).state is SUCCEEDED


def test_page_webhook_and_poller_at_once_capture_once(paypal):
    payment = paypal.created()
    paypal.approves(payment)
    with ThreadPoolExecutor(6) as pool:
        states = list(pool.map(lambda _: asked(paypal, payment).state, range(6)))
    assert set(states) <= {SUCCEEDED, PaymentState.PENDING}
    assert asked(paypal, payment).state is SUCCEEDED
    assert paypal.debits(payment.merchant_ref) == 1


def test_a_capture_without_an_answer_is_found_by_asking_again(paypal):
    payment = paypal.created()
    paypal.approves(payment)
    paypal.fault("timeout_after_commit", method="orders.capture")
    with pytest.raises(OutcomeUnknown):
        asked(paypal, payment)
    assert asked(paypal, payment).state is SUCCEEDED
    assert paypal.debits(payment.merchant_ref) == 1


def test_a_pending_capture_is_not_paid_and_may_still_fail(paypal):
    paid, failed = paypal.created(), paypal.created()
    for payment in (paid, failed):
        paypal.approves(payment)
        paypal.fault("accept_only", method="orders.capture")
        assert asked(paypal, payment).state is PaymentState.PENDING
    paypal.settle(paid.merchant_ref)
    paypal.fault("decline", method="settle")
    paypal.settle(failed.merchant_ref)
    assert asked(paypal, paid).state is SUCCEEDED
    assert asked(paypal, failed).state is PaymentState.FAILED


@pytest.mark.parametrize("code", ["payment_advice_code_03", "payment_advice_code_77"])
def test_a_completed_order_with_a_declined_capture_is_not_paid(paypal, code):
    payment = paypal.created()
    paypal.approves(payment)
    paypal.fault("decline", method="orders.capture", code=code)
    result = asked(paypal, payment)
    assert order_of(paypal, payment)["status"] == "COMPLETED"
    assert (result.state, result.decline is None) == (PaymentState.FAILED, False)
    assert paypal.debits(payment.merchant_ref) == 0


def test_a_declined_instrument_fails_the_payment_for_good(paypal):
    payment = paypal.created()
    paypal.approves(payment, "decline")
    assert asked(paypal, payment).decline.code == "INSTRUMENT_DECLINED"
    paypal.approves(payment, "pay")
    later = asked(paypal, payment)
    assert (later.state, later.decline.code) == (PaymentState.FAILED, "INSTRUMENT_DECLINED")
    assert paypal.debits(payment.merchant_ref) == 0


def test_an_approval_after_closing_takes_no_money(paypal):
    payment = paypal.created()
    assert run(paypal.provider.close_payment(payment.merchant_ref, payment.provider_ref)).state is CLOSED
    paypal.approves(payment)
    assert asked(paypal, payment).state is CLOSED
    assert paypal.debits(payment.merchant_ref) == 0


def test_an_approval_before_closing_is_captured_by_closing(paypal):
    payment = paypal.created()
    paypal.approves(payment)
    assert run(paypal.provider.close_payment(payment.merchant_ref, payment.provider_ref)).state is SUCCEEDED
    assert paypal.debits(payment.merchant_ref) == 1


def test_closing_that_could_not_be_written_down_is_unknown(paypal):
    payment = paypal.created()
    paypal.fault("http_500", method="orders.patch")
    with pytest.raises(OutcomeUnknown):
        run(paypal.provider.close_payment(payment.merchant_ref, payment.provider_ref))
    paypal.user_pays(payment)
    assert paypal.debits(payment.merchant_ref) == 1


def test_no_capture_begins_in_the_last_minute_of_a_page(paypal):
    payment = paypal.created(expires_at=paypal.now() + timedelta(minutes=10))
    paypal.approves(payment)
    paypal.move_clock(paypal.now() + timedelta(minutes=9, seconds=30))
    assert asked(paypal, payment).state is PaymentState.REQUIRES_ACTION
    paypal.move_clock(paypal.now() + timedelta(minutes=1))
    assert asked(paypal, payment).state is CLOSED
    assert paypal.debits(payment.merchant_ref) == 0


def test_an_order_nobody_approved_is_gone_after_hours_and_not_called_failed(paypal):
    payment = paypal.created()
    paypal.move_clock(paypal.now() + timedelta(hours=4))
    found = asked(paypal, payment)
    assert (found.state, found.found) == (PaymentState.UNKNOWN, False)


def test_an_order_of_another_merchant_number_is_never_read_as_ours(paypal):
    one, other = paypal.created(), paypal.paid()
    with pytest.raises(OutcomeUnknown):
        run(paypal.provider.get_payment(one.merchant_ref, other.provider_ref))


# Request ids and invoice numbers


def test_a_charge_repeated_after_its_request_id_was_forgotten_is_one_debit(paypal):
    mandate = paypal.mandate()
    request = paypal.charge(mandate)
    assert run(paypal.provider.charge(request)).state is SUCCEEDED
    paypal.move_clock(paypal.now() + timedelta(hours=7))
    assert run(paypal.provider.charge(request)).state is SUCCEEDED
    assert paypal.debits(request.merchant_ref) == 1


def test_a_reference_used_again_for_another_amount_is_refused(paypal):
    request = paypal.charge(paypal.mandate())
    run(paypal.provider.charge(request))
    again = run(paypal.provider.charge(replace(request, amount=paypal.money(999))))
    assert again.decline.code == "DUPLICATE_REQUEST_ID"
    assert paypal.debits(request.merchant_ref) == 1


def test_a_charge_that_succeeded_unheard_is_unknown_until_the_books_list_it(paypal):
    paypal.control.post("paypal/settings", prompt_listing=False)
    request = paypal.charge(paypal.mandate())
    paypal.fault("timeout_after_commit")
    with pytest.raises(OutcomeUnknown):
        run(paypal.provider.charge(request))
    early = run(paypal.provider.get_payment(request.merchant_ref))
    assert (early.state, early.found) == (PaymentState.UNKNOWN, False)
    paypal.move_clock(paypal.now() + timedelta(hours=3, minutes=5))
    assert run(paypal.provider.get_payment(request.merchant_ref)).state is SUCCEEDED


def test_a_charge_that_succeeded_unheard_is_settled_by_its_webhook_at_once(paypal):
    paypal.control.post("paypal/settings", prompt_listing=False)
    request = paypal.charge(paypal.mandate())
    paypal.fault("timeout_after_commit")
    with pytest.raises(OutcomeUnknown):
        run(paypal.provider.charge(request))
    ((_, event),) = paypal.said(lambda event: event.payment and event.payment.merchant_ref == request.merchant_ref)
    assert asked(paypal, event.payment).state is SUCCEEDED


def test_a_refund_repeated_after_45_days_moves_nothing(paypal):
    paid = paypal.paid()
    request = paypal.refund_request(paid, 100)
    for _ in range(2):
        assert run(paypal.provider.refund(request)).state is RefundState.SUCCEEDED
        paypal.move_clock(paypal.now() + timedelta(days=46))
    assert len(paypal.control.get("paypal/refunds")["refunds"]) == 1


def test_a_repeated_start_of_a_mandate_is_one_agreement_for_three_hours(paypal):
    request = paypal.mandate_request()
    first, again = (run(paypal.provider.start_mandate(request)) for _ in range(2))
    paypal.move_clock(paypal.now() + timedelta(hours=4))
    later = run(paypal.provider.start_mandate(request))
    assert first.mandate_ref == again.mandate_ref != later.mandate_ref


# Saved wallets


def test_a_saved_wallet_whose_answer_was_lost_is_found_by_asking(paypal):
    request = paypal.mandate_request()
    started = run(paypal.provider.start_mandate(request))
    paypal.user_signs(started.action.url)
    paypal.fault("timeout_after_commit", method="payment_tokens.create")
    with pytest.raises(OutcomeUnknown):
        run(paypal.provider.get_mandate(started.mandate_ref, request.merchant_ref))
    paypal.move_clock(paypal.now() + timedelta(hours=4))
    found = run(paypal.provider.get_mandate(started.mandate_ref, request.merchant_ref))
    assert (found.state, found.mandate_ref.startswith("setup:")) == (MandateState.ACTIVE, False)
    assert len(paypal.control.get("paypal/tokens")["tokens"]) == 1


def test_an_agreement_ended_before_its_answer_came_leaves_no_saved_wallet(paypal):
    request = paypal.mandate_request()
    started = run(paypal.provider.start_mandate(request))
    paypal.user_signs(started.action.url)
    paypal.fault("timeout_after_commit", method="payment_tokens.create")
    with pytest.raises(OutcomeUnknown):
        run(paypal.provider.get_mandate(started.mandate_ref, request.merchant_ref))
    assert run(paypal.provider.revoke_mandate(started.mandate_ref, "asked")).state is MandateState.REVOKED
    assert [one["status"] for one in paypal.control.get("paypal/tokens")["tokens"]] == ["DELETED"]


def test_an_unsigned_agreement_that_is_refused_stays_pending(paypal):
    request = paypal.mandate_request()
    started = run(paypal.provider.start_mandate(request))
    paypal.control.press(f"/paypal/agreements/{started.mandate_ref.removeprefix('setup:')}/refuse")
    assert run(paypal.provider.get_mandate(started.mandate_ref, request.merchant_ref)).state is MandateState.PENDING


def test_a_wallet_saved_while_paying_can_be_charged(paypal):
    payment = paypal.created(save_method=True)
    paypal.approves(payment)
    saved = asked(paypal, payment).saved
    assert (saved.state, saved.merchant_ref) == (MandateState.ACTIVE, payment.merchant_ref)
    mandate = replace(paypal.mandate(), mandate_ref=saved.mandate_ref)
    assert run(paypal.provider.charge(paypal.charge(mandate))).state is SUCCEEDED


def test_a_wallet_is_not_saved_unless_that_was_asked_for(paypal):
    assert paypal.paid().saved is None


def test_a_limit_is_kept_by_us_because_paypal_keeps_none(paypal):
    mandate = paypal.mandate(total_payments=1)
    request = paypal.charge(replace(mandate, charged_count=1))
    assert run(paypal.provider.charge(request)).state is PaymentState.FAILED
    assert paypal.debits(request.merchant_ref) == 0


# Amounts


@pytest.mark.parametrize(
    ("minor", "currency", "wire"),
    [(1234, "USD", "12.34"), (1200, "TWD", "12"), (1234, "JPY", "1234"), (500, "HUF", "5")],
)
def test_each_currency_has_its_own_decimals_on_the_wire_and_back(paypal, minor, currency, wire):
    payment = paypal.created(amount=Money(minor, currency))
    assert order_of(paypal, payment)["amount"] == {"currency_code": currency, "value": wire}
    paypal.user_pays(payment)
    assert asked(paypal, payment).amount == Money(minor, currency)


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


# Tokens


def test_one_access_token_serves_many_calls_and_a_lost_one_is_replaced(paypal):
    paypal.paid()
    assert len(paypal.control.get("paypal/bearers")["bearers"]) == 1
    paypal.control.post("reset")
    paypal.register()
    assert paypal.paid().state is SUCCEEDED


def test_many_operations_that_need_a_token_at_once_fetch_one(paypal, monkeypatch):
    monkeypatch.setattr(gateway, "TOKENS", TokenCache())
    payments = [paypal.payment() for _ in range(30)]

    async def create_all():
        try:
            return await asyncio.gather(*(arun(paypal.provider.create_payment(one)) for one in payments))
        finally:
            await close_async_client()

    results = asyncio.run(create_all())
    assert {result.state for result in results} == {PaymentState.REQUIRES_ACTION}
    assert len(paypal.control.get("paypal/bearers")["bearers"]) == 1


def test_a_token_is_renewed_a_minute_before_it_ends(monkeypatch):
    moment = [1000.0]
    monkeypatch.setattr("wallets.providers.paypal.tokens.time.monotonic", lambda: moment[0])
    cache = TokenCache()
    cache.put("key", "A", 100)
    moment[0] += 39
    assert cache.get("key") == "A"
    moment[0] += 2
    assert cache.get("key") == ""


@pytest.mark.parametrize(
    ("fault", "error"),
    [("timeout_after_commit", NotSent), ("garbage", NotSent), ("http_500", NotSent), ("http_429", RateLimited)],
)
def test_a_charge_without_a_token_was_never_sent(paypal, monkeypatch, fault, error):
    request = paypal.charge(paypal.mandate())
    monkeypatch.setattr(gateway, "TOKENS", TokenCache())
    paypal.fault(fault if fault != "timeout_after_commit" else "timeout_before_commit", method="token")
    with pytest.raises(error):
        run(paypal.provider.charge(request))
    assert paypal.debits(request.merchant_ref) == 0
    assert run(paypal.provider.charge(request)).state is SUCCEEDED


def test_a_wrong_secret_is_a_configuration_error(paypal):
    stranger = paypal.built(client_id="nobody")
    with pytest.raises(ConfigError, match="client id"):
        run(stranger.get_payment("A1"))


def test_a_call_refused_twice_for_its_token_is_the_operators_business(paypal):
    operation = paypal.provider.create_payment(paypal.payment())
    refusal = HttpResponse(status=401, body=b'{"name":"AUTHENTICATION_FAILURE"}')
    step, answers = next(operation), 0
    while True:
        is_token = isinstance(step, HttpRequest) and step.purpose == "paypal.token"
        good = HttpResponse(status=200, body=b'{"access_token":"T","expires_in":100}')
        try:
            step = operation.send(good if is_token else refusal)
        except StopIteration as stop:
            assert stop.value.decline.category == "operator"
            break
        answers += 1
        assert answers < 6


# Books and disputes


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


def test_a_dispute_is_announced_without_changing_the_payment(paypal):
    paid = paypal.paid()
    paypal.control.user("dispute", invoice_id=paid.merchant_ref)
    ((_, event),) = paypal.said(lambda event: event.type == "CUSTOMER.DISPUTE.CREATED")
    assert (event.kind, event.facts["dispute_state"]) == (EventKind.OTHER, "OPEN_INQUIRIES")
    assert asked(paypal, paid).state is SUCCEEDED


# Settings and pages


@pytest.mark.parametrize("missing", ["api_url", "client_id", "merchant_id", "webhook_id", "certificates_url"])
def test_a_missing_option_is_named(paypal, missing):
    options = {name: value for name, value in paypal.config.options.items() if name != missing}
    with pytest.raises(ConfigError, match=missing):
        registry.build("paypal", replace(paypal.config, options=options))


@pytest.mark.parametrize(
    "url", ["http://api-m.paypal.com", "ftp://api-m.paypal.com", "https://a:b@api-m.paypal.com", "x"]
)
def test_an_address_that_is_not_encrypted_is_refused(paypal, url):
    with pytest.raises(ConfigError, match="api_url"):
        paypal.built(api_url=url)


@pytest.mark.parametrize("path", ["/paypal/", "/control/paypal/", "order", "agreement"])
def test_pages_open_and_carry_no_inline_code(paypal, path):
    paypal.paid()
    paypal.mandate()
    places = {"order": lambda: paypal.created().action.url}
    places["agreement"] = lambda: run(paypal.provider.start_mandate(paypal.mandate_request())).action.url
    url = places[path]() if path in places else f"{paypal.sandbox.base_url}{path}"
    answer = httpx.get(url, trust_env=False)
    assert answer.status_code == 200
    assert not any(mark in answer.text for mark in ("<script", " style=", " onclick="))


def test_a_page_nobody_made_says_so(paypal):
    answer = httpx.get(f"{paypal.sandbox.base_url}/paypal/checkoutnow?token=NOTHING", trust_env=False)
    assert answer.status_code == 400
