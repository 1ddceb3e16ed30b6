"""What is particular to M-Pesa, on the wire: prompts, the books, reversals."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InvalidInput
from common.http import run
from common.money import Money
from tests.wallets.mpesa_fixtures import mpesa, mpesa_sandbox, ratiba
from wallets.providers import registry
from wallets.providers.base import (
    ActionKind,
    ConfigError,
    DeclineCategory,
    InvalidWebhook,
    NotSent,
    OutcomeUnknown,
    PaymentState,
    Reason,
    RefundState,
    Unsupported,
)
from wallets.providers.mpesa import turnstile, wire

__all__ = ["mpesa", "mpesa_sandbox", "ratiba"]


@pytest.fixture
def stk(shared):
    return json.loads((shared / "vectors" / "mpesa" / "stk.json").read_text())


def test_the_password_is_the_published_one(stk):
    example = stk["password"]
    names = ("shortcode", "passkey", "timestamp")
    assert wire.password(*(example[name] for name in names)) == example["password"]


def test_the_timestamp_is_nairobi_time_wherever_the_server_stands(mpesa):
    assert wire.stamp(datetime(2026, 12, 31, 22, 30, tzinfo=UTC)) == "20270101013000"
    mpesa.control.post("mpesa/settings", strict_clock=True)
    assert mpesa.created().state is PaymentState.REQUIRES_ACTION
    mpesa.offset = timedelta(hours=3)
    payment = run(mpesa.provider.create_payment(mpesa.payment(payer_hint="0799000001")))
    assert payment.decline.category is DeclineCategory.OPERATOR


@pytest.mark.parametrize(
    "text", ["0712345678", "+254712345678", "254 712 345 678", "712345678", "(0712) 345-678", "254712345678"]
)
def test_a_phone_number_is_read_however_it_is_written(text):
    assert wire.phone_number(text) == "254712345678"


@pytest.mark.parametrize("text", ["", "0812345678", "+255712345678", "07123456789", "0712 34567x", "٠٧١٢٣٤٥٦٧٨"])
def test_what_is_no_kenyan_mobile_number_is_refused_by_name(mpesa, text):
    with pytest.raises(InvalidInput) as refused:
        run(mpesa.provider.create_payment(mpesa.payment(payer_hint=text)))
    assert refused.value.field == "payer_hint"
    assert mpesa.prompts() == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_references_are_twelve_characters_and_differ_with_the_attempt(first, second):
    references = [wire.reference("P", attempt) for attempt in (first, second)]
    assert {len(reference) for reference in references} == {12}
    assert (references[0] == references[1]) == (first == second)


@given(st.integers(min_value=1, max_value=250_000))
def test_whole_shillings_come_back_exactly(shillings):
    for written in (shillings, f"{shillings}.00", str(shillings)):
        assert wire.read_amount(written) == Money(shillings * 100, "KES")


@pytest.mark.parametrize("value", [None, True, 1.5, [], {}, "", "one", "NaN", "1e5000", "0.001", "-1", "1e3"])
def test_what_is_no_amount_is_not_read_as_one(value):
    with pytest.raises(ValueError, match=r"."):
        wire.read_amount(value)


# A prompt is sent once


def test_the_same_attempt_never_prompts_twice(mpesa):
    request = mpesa.payment()
    first, again = (run(mpesa.provider.create_payment(request)) for _ in range(2))
    assert first.action.kind is ActionKind.WAIT_FOR_PROMPT
    assert again.provider_ref == first.provider_ref
    assert len(mpesa.prompts()) == 1


def test_another_process_knows_that_the_attempt_has_prompted(mpesa):
    request = mpesa.payment()
    run(mpesa.provider.create_payment(request))
    elsewhere = registry.build("mpesa", mpesa.config)
    run(elsewhere.create_payment(request))
    assert len(mpesa.prompts()) == 1


def test_an_attempt_sent_many_times_at_once_prompts_once(mpesa):
    request = mpesa.payment()

    def push(_number):
        try:
            return run(mpesa.provider.create_payment(request)).state
        except OutcomeUnknown:
            return PaymentState.UNKNOWN

    with ThreadPoolExecutor(8) as pool:
        states = set(pool.map(push, range(8)))
    assert states <= {PaymentState.REQUIRES_ACTION, PaymentState.UNKNOWN}
    assert len(mpesa.prompts()) == 1


def test_a_phone_is_asked_by_one_attempt_at_a_time(mpesa):
    requests = [mpesa.payment() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda request: run(mpesa.provider.create_payment(request)), requests))
    states = [result.state for result in results]
    assert (states.count(PaymentState.REQUIRES_ACTION), states.count(PaymentState.FAILED)) == (1, 7)
    busy = next(result.decline for result in results if result.decline)
    assert (busy.category, busy.reason, busy.code) == (DeclineCategory.RETRY_LATER, Reason.DUPLICATE, "1001")
    assert len(mpesa.prompts()) == 1


def test_a_busy_phone_is_known_without_asking_safaricom(mpesa):
    mpesa.created()
    refused = run(mpesa.unreachable().create_payment(mpesa.payment()))
    assert (refused.state, refused.decline.code) == (PaymentState.FAILED, "1001")


def test_a_phone_may_be_asked_again_as_soon_as_its_prompt_is_over(mpesa):
    first = mpesa.created()
    mpesa.user_declines(first)
    ended = run(mpesa.provider.get_payment(first.merchant_ref, first.provider_ref))
    assert (ended.state, ended.decline.code) == (PaymentState.FAILED, "1032")
    assert mpesa.created().state is PaymentState.REQUIRES_ACTION


def test_another_phone_is_not_kept_waiting(mpesa):
    assert mpesa.created().state is PaymentState.REQUIRES_ACTION
    assert mpesa.created(payer_hint="0110000001").state is PaymentState.REQUIRES_ACTION


def test_after_a_lost_answer_the_attempt_is_looked_up_and_never_asked_again(mpesa):
    request = mpesa.payment()
    mpesa.fault("timeout_after_commit", method="push")
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            run(mpesa.provider.create_payment(request))
    assert len(mpesa.prompts()) == 1
    assert run(mpesa.provider.get_payment(request.merchant_ref)).found is False
    mpesa.control.user("pay", reference=request.merchant_ref)
    found = run(mpesa.provider.get_payment(request.merchant_ref))
    assert (found.state, found.amount) == (PaymentState.SUCCEEDED, request.amount)
    assert mpesa.debits(request.merchant_ref) == 1


def test_a_call_that_was_never_sent_may_be_made_again(mpesa):
    request = mpesa.payment()
    with pytest.raises(NotSent):
        run(mpesa.unreachable().create_payment(request))
    assert run(mpesa.provider.create_payment(request)).state is PaymentState.REQUIRES_ACTION


def test_without_a_token_nothing_was_asked(mpesa):
    request = mpesa.payment()
    mpesa.fault("timeout_before_commit", method="token")
    with pytest.raises(NotSent):
        run(mpesa.provider.create_payment(request))
    assert run(mpesa.provider.create_payment(request)).state is PaymentState.REQUIRES_ACTION


def test_when_nothing_can_be_remembered_nobody_is_prompted(mpesa, monkeypatch):
    class Away:
        def add(self, *args):
            raise ConnectionError

    monkeypatch.setattr(mpesa.provider._prompts.turnstile, "_cache", Away())
    with pytest.raises(NotSent):
        mpesa.created()
    assert mpesa.prompts() == []


def test_a_phone_in_another_session_is_a_decline_for_later(mpesa):
    mpesa.created()
    turnstile.Turnstile(mpesa.provider._prompts.turnstile._cache)._cache.clear()
    busy = mpesa.created()
    assert (busy.state, busy.decline.code) == (PaymentState.FAILED, "1001")
    assert len(mpesa.prompts()) == 1


def test_a_token_that_is_no_longer_taken_is_renewed_and_the_phone_asked_once(mpesa):
    mpesa.paid()
    mpesa.control.post("clock", instant=(mpesa.now() + timedelta(hours=2)).isoformat())
    assert mpesa.created().state is PaymentState.REQUIRES_ACTION
    assert len(mpesa.prompts()) == 2


def test_wrong_credentials_are_a_configuration_error(mpesa, tmp_path):
    secret = mpesa.config.secrets_dir / "wrong"
    secret.write_text("wrong")
    config = replace(mpesa.config, secrets={**mpesa.config.secrets, "consumer_secret": "wrong"})
    with pytest.raises(ConfigError):
        run(registry.build("mpesa", config).create_payment(mpesa.payment()))


# How a prompt ends


@pytest.mark.parametrize(
    ("act", "fields", "code", "category"),
    [
        ("cancel", {}, "1032", DeclineCategory.NEEDS_CUSTOMER_ACTION),
        ("ignore", {}, "1037", DeclineCategory.RETRY_LATER),
        ("pay", {"pin": "0000"}, "2001", DeclineCategory.NEEDS_CUSTOMER_ACTION),
    ],
)
def test_what_the_person_does_is_a_decline_with_its_category(mpesa, act, fields, code, category):
    payment = mpesa.created()
    mpesa.control.user(act, reference=payment.merchant_ref, **fields)
    found = run(mpesa.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert (found.state, found.decline.code, found.decline.category) == (PaymentState.FAILED, code, category)
    assert mpesa.debits(payment.merchant_ref) == 0


def test_too_little_money_is_a_decline(mpesa):
    mpesa.control.user("balance", phone="254712345678", amount=5)
    assert mpesa.paid().decline.reason is Reason.INSUFFICIENT_FUNDS


def test_a_prompt_nobody_answers_ends_by_itself(mpesa):
    payment = mpesa.created()
    mpesa.move_clock(mpesa.now() + timedelta(minutes=2))
    found = run(mpesa.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert (found.state, found.decline.reason) == (PaymentState.FAILED, Reason.NO_RESPONSE)


def test_a_code_nobody_listed_is_unknown_and_never_a_failure(mpesa):
    mpesa.fault("decline", code="8123")
    payment = mpesa.created()
    found = run(mpesa.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert (found.state, found.decline.category) == (PaymentState.UNKNOWN, DeclineCategory.UNKNOWN_OUTCOME)


def test_a_prompt_that_never_reached_the_phone_is_no_success(mpesa):
    mpesa.fault("accept_only", method="push")
    payment = mpesa.created()
    mpesa.user_pays(payment)
    found = run(mpesa.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert found.state is PaymentState.REQUIRES_ACTION
    assert mpesa.debits(payment.merchant_ref) == 0


def test_an_attempt_is_found_by_its_prompt_even_when_only_the_cache_knows_it(mpesa):
    paid = mpesa.paid()
    assert run(mpesa.provider.get_payment(paid.merchant_ref)).provider_ref == paid.provider_ref


# The books


def test_the_books_of_a_busy_day_are_read_page_by_page_and_each_payment_once(mpesa):
    for number in range(130):
        mpesa.control.user("bill", phone="254712345678", account=f"BILL{number}", amount=1)
    day = mpesa.now().astimezone(wire.NAIROBI).date()
    mpesa.move_clock(mpesa.now() + timedelta(hours=24))
    lines = run(mpesa.provider.statement(day))
    assert {line.merchant_ref for line in lines} == {f"BILL{number}" for number in range(130)}
    assert len(lines) == 130


def test_a_day_without_payments_has_an_empty_statement(mpesa):
    day = mpesa.now().astimezone(wire.NAIROBI).date()
    mpesa.move_clock(mpesa.now() + timedelta(hours=24))
    assert run(mpesa.provider.statement(day)) == ()


def test_a_day_out_of_reach_is_refused_and_not_taken_for_empty(mpesa):
    with pytest.raises(Unsupported, match="48 hours"):
        mpesa.provider.statement((mpesa.now() - timedelta(days=4)).date())


def test_each_product_lists_its_own_payments(mpesa, ratiba):
    mandate = ratiba.mandate()
    ratiba.provider_debits(mandate)
    day = ratiba.now().astimezone(wire.NAIROBI).date()
    ratiba.move_clock(ratiba.now() + timedelta(hours=24))
    mpesa.offset = ratiba.offset
    assert [line.merchant_ref for line in run(ratiba.provider.statement(day))] == [mandate.merchant_ref]
    assert run(mpesa.provider.statement(day)) == ()


# Reversals


def test_a_payment_goes_back_once_whoever_asks(mpesa):
    paid = mpesa.paid()
    request = mpesa.refund_request(paid, 1234)
    assert run(mpesa.provider.refund(request)).state is RefundState.PENDING
    other = run(mpesa.provider.refund(replace(request, refund_ref="ANOTHER")))
    assert other.state is RefundState.FAILED
    assert len(mpesa.control.get("mpesa/reversals")["reversals"]) == 1


def test_a_part_of_a_payment_cannot_go_back(mpesa):
    paid = mpesa.paid()
    refused = run(mpesa.provider.refund(mpesa.refund_request(paid, 234)))
    assert (refused.state, refused.decline.category) == (RefundState.FAILED, DeclineCategory.OPERATOR)
    assert mpesa.control.get("mpesa/reversals")["reversals"] == []


def test_a_reversal_that_failed_may_be_asked_for_again(mpesa):
    paid = mpesa.paid()
    request = mpesa.refund_request(paid, 1234)
    mpesa.fault("accept_only")
    run(mpesa.provider.refund(request))
    mpesa.settle_refund(request.refund_ref, succeeds=False)
    assert run(mpesa.provider.get_refund(request.refund_ref, request.merchant_ref)).state is RefundState.FAILED
    again = replace(request, refund_ref="AGAIN")
    run(mpesa.provider.refund(again))
    mpesa.said(lambda event: event.refund and event.refund.refund_ref == "AGAIN")
    assert run(mpesa.provider.get_refund("AGAIN", request.merchant_ref)).state is RefundState.SUCCEEDED


def test_without_an_initiator_there_is_no_refund(mpesa):
    plain = mpesa.built(initiator="")
    assert not plain.descriptor.can("refund")
    with pytest.raises(Unsupported):
        plain.refund(mpesa.refund_request(mpesa.paid(), 1234))


@pytest.mark.parametrize("missing", ["base_url", "short_code", "callback_url"])
def test_a_missing_option_is_named(mpesa, missing):
    with pytest.raises(ConfigError, match=missing):
        mpesa.built(**{missing: ""})


@pytest.mark.parametrize("option", [{"transaction_type": "Gift"}, {"allowed_networks": "everywhere"}])
def test_an_option_that_makes_no_sense_is_refused(mpesa, option):
    with pytest.raises(ConfigError):
        mpesa.built(**option)


def test_another_currency_than_shillings_is_a_configuration_error(mpesa):
    with pytest.raises(ConfigError, match="KES"):
        registry.build("mpesa", replace(mpesa.config, currencies=frozenset({"KES", "USD"})))


def test_a_short_callback_key_is_refused(mpesa):
    (mpesa.config.secrets_dir / "short").write_text("short")
    config = replace(mpesa.config, secrets={**mpesa.config.secrets, "callback_key": "short"})
    with pytest.raises(ConfigError, match="32"):
        registry.build("mpesa", config)


def test_callbacks_from_outside_the_allowed_networks_are_refused(mpesa):
    mpesa.paid()
    (call, *_) = mpesa.receiver.wait()
    near, far = (replace(call, client_ip=address) for address in ("203.0.113.9", "198.51.100.9"))
    fenced = mpesa.built(allowed_networks="203.0.113.0/24")
    assert fenced.parse_webhook(near)
    with pytest.raises(InvalidWebhook):
        fenced.parse_webhook(far)


def test_where_goods_are_bought_the_till_is_paid_and_not_the_short_code(mpesa):
    shop = mpesa.built(transaction_type="CustomerBuyGoodsOnline", receiver="600001")
    assert (shop._prompts.receiver, shop._prompts.transaction_type) == ("600001", "CustomerBuyGoodsOnline")
