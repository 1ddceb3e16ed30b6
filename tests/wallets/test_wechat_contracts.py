"""委托代扣 on the wire: contracts, notices and deductions, and the rules that WeChat keeps by itself."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import pytest

from common.errors import InvalidInput
from common.http import HttpRequest, HttpResponse, run
from common.money import Money
from tests.wallets.wechat_fixtures import wechat, wechat_sandbox
from wallets.providers.base import (
    ActionKind,
    Channel,
    DeclineCategory,
    MandateState,
    NotSent,
    OutcomeUnknown,
    PaymentState,
    Reason,
    RefundState,
)
from wallets.providers.wechat import xml

__all__ = ["wechat", "wechat_sandbox"]


@pytest.fixture
def old(wechat):
    """A mandate whose free first twelve hours are over: next morning at ten."""
    mandate = wechat.mandate()
    wechat.move_clock(wechat.beijing(10, days=1))
    return mandate


def charged(wechat, mandate, minor=1000):
    return run(wechat.provider.charge(wechat.charge_request(mandate, minor)))


def announced(wechat, mandate, minor=1000):
    return run(wechat.provider.announce_charge(wechat.charge_request(mandate, minor)))


def code(result):
    return result.decline.code if result.decline else result.state.value


# Contracts


def test_the_signing_page_opens_once_and_for_ten_minutes(wechat):
    url = run(wechat.provider.start_mandate(wechat.mandate_request())).action.url
    wechat.control.open(url)
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        wechat.control.open(url)
    late = run(wechat.provider.start_mandate(wechat.mandate_request())).action.url
    wechat.move_clock(wechat.now() + timedelta(minutes=11))
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        wechat.control.open(late)


def test_signing_may_be_asked_for_again_until_it_is_done(wechat):
    request = wechat.mandate_request()
    first, second = (run(wechat.provider.start_mandate(request)).action.url for _ in range(2))
    assert first != second
    wechat.user_signs(second)
    again = run(wechat.provider.start_mandate(request))
    assert (again.state, again.action) == (MandateState.UNKNOWN, None)
    assert run(wechat.provider.get_mandate("", request.merchant_ref)).state is MandateState.ACTIVE


def test_away_from_the_phone_the_contract_is_a_code_that_wechat_scans(wechat):
    provider = wechat.built(sign_opens_in="wallet")
    request = replace(wechat.mandate_request(), channel=Channel.DESKTOP)
    action = run(provider.start_mandate(request)).action
    assert (action.kind, "/papay/entrustweb?" in action.payload) == (ActionKind.QR, True)
    wechat.user_signs(action.payload)
    assert run(provider.get_mandate("", request.merchant_ref)).state is MandateState.ACTIVE
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        wechat.control.open(action.payload.replace("plan_id=10001", "plan_id=10002"))


@pytest.mark.parametrize("channel", [Channel.PHONE, Channel.DESKTOP])
def test_inside_wechat_the_page_of_official_accounts_opens_and_h5_does_not(wechat, channel):
    request = replace(wechat.mandate_request(), channel=channel, in_own_app=True)
    action = run(wechat.provider.start_mandate(request)).action
    assert (action.kind, "/papay/entrustweb?" in action.url, "return_web=1" in action.url) == (
        ActionKind.REDIRECT,
        True,
        True,
    )
    wechat.user_signs(action.url)
    assert run(wechat.provider.get_mandate("", request.merchant_ref)).state is MandateState.ACTIVE
    h5 = run(wechat.provider.start_mandate(wechat.mandate_request())).action.url
    inside = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.49"}
    assert httpx.get(h5, headers=inside, trust_env=False).status_code == 400


def test_a_refused_contract_stays_pending(wechat):
    request = wechat.mandate_request()
    page = wechat.control.open(run(wechat.provider.start_mandate(request)).action.url)
    wechat.control.press(f"{page}/refuse")
    assert run(wechat.provider.get_mandate("", request.merchant_ref)).state is MandateState.PENDING


def test_an_unsigned_contract_nobody_asked_for_is_not_found(wechat):
    found = run(wechat.provider.get_mandate("", "NOBODY"))
    assert (found.state, found.found) == (MandateState.PENDING, False)


def test_a_signing_page_that_is_not_wechats_is_not_shown(wechat):
    body = xml.write({"return_code": "SUCCESS", "result_code": "SUCCESS", "redirect_url": "https://evil.example/x"})
    operation = wechat.provider.start_mandate(wechat.mandate_request())
    assert isinstance(next(operation), HttpRequest)
    with pytest.raises(OutcomeUnknown, match="not its own"):
        operation.send(HttpResponse(status=200, body=body))


def test_more_than_the_plan_allows_is_refused_before_the_signature(wechat):
    small = wechat.built(plan_limit="4999")
    with pytest.raises(InvalidInput) as refused:
        small.start_mandate(wechat.mandate_request())
    assert refused.value.field == "single_limit"


def test_signs_that_apiv2_refuses_never_reach_it(wechat):
    request = replace(wechat.mandate_request(), subject="Plan 🎈\n for a")
    assert run(wechat.provider.start_mandate(request)).action.url


def test_the_words_of_a_revocation_stay_with_us(wechat):
    mandate = wechat.mandate()
    operation = wechat.provider.revoke_mandate(mandate.mandate_ref, "the debtor's private words")
    assert b"private" not in next(operation).body


# Notices


def test_without_a_notice_there_is_no_deduction_after_the_first_hours(wechat, old):
    result = charged(wechat, old)
    assert (result.state, result.decline.category) == (PaymentState.FAILED, DeclineCategory.OPERATOR)
    assert wechat.control.debits() == 0


@pytest.mark.parametrize(("days", "taken"), [(0, False), (1, False), (2, True), (7, True), (9, False)])
def test_a_deduction_goes_from_the_second_day_after_its_notice_and_for_a_week(wechat, old, days, taken):
    window = announced(wechat, old)
    wechat.move_clock(wechat.beijing(12, days=days))
    assert (charged(wechat, old).state is PaymentState.SUCCEEDED) is taken
    assert wechat.control.debits() == taken
    assert (window.opens_at <= wechat.now() < window.closes_at) is taken


def test_a_notice_is_given_once_however_often_it_is_asked_for(wechat, old):
    for _ in range(3):
        assert announced(wechat, old).decline is None
    assert len(wechat.control.get("wechat/notices")["notices"]) == 1


def test_a_second_notice_of_another_amount_is_refused_as_a_value(wechat, old):
    announced(wechat, old)
    assert announced(wechat, old, 2000).decline.category is DeclineCategory.OPERATOR


def test_no_more_is_taken_than_the_notice_said(wechat, old):
    announced(wechat, old, 1000)
    wechat.move_clock(wechat.beijing(12, days=2))
    assert charged(wechat, old, 1001).decline.category is DeclineCategory.OPERATOR
    assert charged(wechat, old, 999).state is PaymentState.SUCCEEDED


def test_a_notice_serves_one_success(wechat, old):
    announced(wechat, old)
    wechat.move_clock(wechat.beijing(12, days=2))
    assert charged(wechat, old).state is PaymentState.SUCCEEDED
    wechat.move_clock(wechat.beijing(12, days=1))
    assert charged(wechat, old).decline.category is DeclineCategory.OPERATOR
    assert wechat.control.debits(contract_id=old.mandate_ref) == 1


@pytest.mark.parametrize("hour", [6, 22, 2])
def test_at_night_nothing_is_sent(wechat, hour):
    mandate = wechat.mandate()
    wechat.move_clock(wechat.beijing(hour))
    request = wechat.charge_request(mandate)
    for ask in (wechat.provider.charge, wechat.provider.announce_charge):
        with pytest.raises(NotSent):
            run(ask(request))


def test_wechat_itself_refuses_at_night(wechat):
    mandate = wechat.mandate()
    wechat.control.post("clock", instant=wechat.beijing(23).isoformat())
    assert charged(wechat, mandate).state is PaymentState.FAILED
    assert announced(wechat, mandate).decline.category is DeclineCategory.OPERATOR
    assert wechat.control.debits() == 0


# Deductions


def test_the_first_twelve_hours_need_no_notice_and_run_at_once(wechat):
    assert charged(wechat, wechat.mandate()).state is PaymentState.SUCCEEDED


def test_a_contract_pays_once_a_day_and_twice_a_month(wechat):
    # From the first of a month on, so that all of it lies in one.
    wechat.move_clock((wechat.beijing(10).replace(day=1) + timedelta(days=31)).replace(day=1))
    wechat.control.post("wechat/settings", delay_mode=True)
    mandate = wechat.mandate()
    assert charged(wechat, mandate).state is PaymentState.SUCCEEDED
    assert code(charged(wechat, mandate)) == "RULELIMIT"
    for _ in range(3):
        wechat.move_clock(wechat.beijing(10, days=1))
        request = wechat.charge_request(mandate)
        if run(wechat.provider.charge(request)).state is PaymentState.PENDING:
            wechat.settle(request.merchant_ref)
        assert wechat.control.debits() == 2


def test_an_accepted_deduction_may_take_a_day_and_stops_every_other_one(wechat, old):
    wechat.control.post("wechat/settings", delay_mode=True)
    request = wechat.charge_request(old)
    assert run(wechat.provider.charge(request)).state is PaymentState.PENDING
    assert run(wechat.provider.charge(request)).state is PaymentState.PENDING
    other = charged(wechat, old)
    assert (code(other), other.decline.category) == ("FREQUENCY_LIMITED", DeclineCategory.RETRY_LATER)
    wechat.move_clock(wechat.now() + timedelta(hours=25))
    assert run(wechat.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED
    assert wechat.control.debits() == wechat.debits(request.merchant_ref) == 1


def test_a_deduction_that_fails_later_is_closed_and_only_a_new_number_charges(wechat):
    mandate = wechat.mandate()
    request = wechat.charge_request(mandate)
    wechat.fault("decline", code="NOTENOUGH", method="deduction")
    failed = run(wechat.provider.charge(request))
    assert (failed.state, failed.decline.category) == (PaymentState.FAILED, DeclineCategory.RETRY_LATER)
    repeated = run(wechat.provider.charge(request))
    assert repeated.state is PaymentState.FAILED
    assert wechat.control.debits() == 0
    assert charged(wechat, mandate).state is PaymentState.SUCCEEDED


def test_the_notice_of_a_failed_deduction_says_why(wechat):
    wechat.fault("decline", code="USER_NOT_EXIST", method="deduction")
    request = wechat.charge_request(wechat.mandate())
    run(wechat.provider.charge(request))
    ((_, event),) = wechat.said(lambda event: event.payment)
    assert (event.payment.state, event.payment.merchant_ref) == (PaymentState.FAILED, request.merchant_ref)
    assert event.payment.decline.category is DeclineCategory.NEVER_RETRY
    assert event.confirm_first


def test_a_failure_nobody_is_sure_of_stays_unknown(wechat):
    wechat.fault("decline", code="SYSTEMERROR", method="deduction")
    run(wechat.provider.charge(wechat.charge_request(wechat.mandate())))
    ((_, event),) = wechat.said(lambda event: event.payment)
    assert event.payment.state is PaymentState.UNKNOWN


def test_an_accepted_deduction_can_be_closed_and_then_takes_nothing(wechat):
    mandate = wechat.mandate()
    request = wechat.charge_request(mandate)
    wechat.fault("accept_only")
    assert run(wechat.provider.charge(request)).state is PaymentState.PENDING
    assert run(wechat.provider.close_payment(request.merchant_ref)).state is PaymentState.CLOSED
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        wechat.settle(request.merchant_ref)
    assert charged(wechat, mandate).state is PaymentState.SUCCEEDED


def test_a_deduction_that_ran_cannot_be_closed(wechat):
    request = wechat.charge_request(wechat.mandate())
    run(wechat.provider.charge(request))
    assert run(wechat.provider.close_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED


def test_a_number_never_stands_for_two_deductions(wechat):
    request = wechat.charge_request(wechat.mandate())
    run(wechat.provider.charge(request))
    again = run(wechat.provider.charge(replace(request, amount=Money(999, "CNY"))))
    assert (again.state, again.amount) == (PaymentState.SUCCEEDED, request.amount)
    assert wechat.control.debits() == 1


@pytest.mark.parametrize("fault", ["http_500", "garbage", "timeout_before_commit", "bad_signature", "http_429"])
def test_an_accepted_deduction_whose_look_up_fails_is_pending(wechat, fault):
    request = wechat.charge_request(wechat.mandate())
    wechat.fault(fault, method="orderquery")
    assert run(wechat.provider.charge(request)).state is PaymentState.PENDING
    assert run(wechat.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED


def test_once_accepted_even_an_unreachable_wechat_is_never_not_sent(wechat):
    operation = wechat.provider.charge(wechat.charge_request(wechat.mandate()))
    request = next(operation)
    answer = httpx.post(request.url, content=request.body, headers=dict(request.headers), trust_env=False)
    operation.send(HttpResponse(status=200, headers=dict(answer.headers), body=answer.content))
    with pytest.raises(StopIteration) as stopped:
        operation.throw(NotSent("no connection"))
    assert stopped.value.value.state is PaymentState.PENDING
    assert wechat.control.debits() == 1


def test_a_repeat_of_a_paid_number_that_cannot_be_looked_up_is_unknown(wechat):
    request = wechat.charge_request(wechat.mandate())
    run(wechat.provider.charge(request))
    wechat.fault("http_500", method="orderquery")
    repeated = run(wechat.provider.charge(request))
    assert (repeated.state, repeated.decline.reason) == (PaymentState.UNKNOWN, Reason.DUPLICATE)


def test_an_answer_before_the_business_is_not_signed_and_proves_nothing(wechat, tmp_path):
    mandate = wechat.mandate()
    request = next(wechat.provider.charge(wechat.charge_request(mandate)))
    tampered = request.body.replace(b"<total_fee>1234<", b"<total_fee>1235<")
    answer = httpx.post(request.url, content=tampered, trust_env=False)
    assert b"FAIL" in answer.content
    operation = wechat.provider.charge(wechat.charge_request(mandate))
    next(operation)
    with pytest.raises(OutcomeUnknown):
        operation.send(HttpResponse(status=200, body=answer.content))


@pytest.mark.parametrize("body", [b"\x1f\x8b", b"", b"<xml><a>1</a><a>2</a></xml>", b"<!DOCTYPE x><xml/>"])
def test_an_answer_that_is_no_plain_document_is_unknown(wechat, body):
    operation = wechat.provider.get_mandate("Wx1")
    next(operation)
    with pytest.raises(OutcomeUnknown):
        operation.send(HttpResponse(status=200, body=body))


def test_a_deduction_is_refunded_like_any_order(wechat):
    request = wechat.charge_request(wechat.mandate())
    paid = run(wechat.provider.charge(request))
    refund = run(wechat.provider.refund(wechat.refund_request(paid, 234)))
    assert (refund.state, refund.amount) == ("succeeded", wechat.money(234))
    assert run(wechat.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED


def test_a_request_signed_for_another_parameter_opens_nothing(wechat):
    base = wechat.sandbox.base_url
    answer = httpx.get(f"{base}/wechat/papay/entrustweb?{urlencode({'plan_id': '1', 'sign': 'x'})}", trust_env=False)
    assert answer.status_code == 400


def test_a_deduction_apiv3_does_not_know_is_given_back_by_a_person(wechat):
    request = wechat.charge_request(wechat.mandate())
    paid = run(wechat.provider.charge(request))
    wechat.control.post("wechat/settings", deductions_of_v2=True)
    refused = run(wechat.provider.refund(wechat.refund_request(paid, 100)))
    assert (refused.state, refused.decline.category) == (RefundState.FAILED, DeclineCategory.OPERATOR)
    assert refused.decline.code == "REFUND_AT_MERCHANT_PLATFORM"
    assert run(wechat.provider.get_payment(request.merchant_ref)).refunded is None
    other = wechat.paid()
    assert run(wechat.provider.refund(wechat.refund_request(other, 100))).state is RefundState.SUCCEEDED
