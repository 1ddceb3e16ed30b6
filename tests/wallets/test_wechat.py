"""What is particular to WeChat Pay's payments, refunds and bills, on the wire."""

import asyncio
import gzip
import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from common.errors import InvalidInput
from common.http import HttpResponse, arun, run
from common.http.transport import close_async_client
from common.money import Money
from tests.wallets.wechat_fixtures import wechat, wechat_sandbox
from tests.wallets.wechat_harness import BEIJING
from wallets.providers import registry
from wallets.providers.base import (
    ActionKind,
    Capability,
    Channel,
    ConfigError,
    DeclineCategory,
    NotSent,
    OutcomeUnknown,
    PaymentState,
    RefundRequest,
    RefundState,
    Unsupported,
)
from wallets.providers.wechat import bill
from wallets.providers.wechat.answers import seconds_to_wait
from wallets.providers.wechat.books import Books

__all__ = ["wechat", "wechat_sandbox"]
OPENID = "oSandboxPayer0000000000000001"


@pytest.mark.parametrize(
    ("channel", "kind"), [(Channel.DESKTOP, ActionKind.QR), (Channel.QR, ActionKind.QR), (Channel.PHONE, "redirect")]
)
def test_each_device_gets_its_own_way_to_pay(wechat, channel, kind):
    payment = wechat.created(channel=channel)
    assert payment.action.kind == kind
    wechat.user_pays(payment)
    assert wechat.debits(payment.merchant_ref) == 1


def test_inside_wechat_the_payer_is_asked_with_a_signed_order(wechat):
    payment = wechat.created(payer_hint=OPENID)
    fields = json.loads(payment.action.payload)
    assert payment.action.kind is ActionKind.SDK
    assert (fields["package"][:10], fields["signType"]) == ("prepay_id=", "RSA")
    changed = json.dumps({**fields, "nonceStr": "another"})
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        wechat.control.user("jsapi", payload=changed)
    wechat.control.user("jsapi", payload=payment.action.payload)
    assert wechat.debits(payment.merchant_ref) == 1


def test_a_telephone_number_is_no_openid(wechat):
    assert wechat.created(payer_hint="+8613800000000").action.kind is ActionKind.REDIRECT


def test_after_paying_the_payer_comes_back_to_us(wechat):
    payment = wechat.created(return_url="http://127.0.0.1:1/paid?link=7&x=1")
    query = parse_qs(urlsplit(payment.action.url).query)
    assert query["redirect_url"] == ["http://127.0.0.1:1/paid?link=7&x=1"]
    page = wechat.control.open(payment.action.url)
    assert wechat.control.press(f"{page}/pay") == "http://127.0.0.1:1/paid?link=7&x=1"


def test_the_address_of_an_h5_payment_opens_for_five_minutes_and_a_new_one_is_the_same_order(wechat):
    request = wechat.payment()
    first = run(wechat.provider.create_payment(request))
    assert first.action.expires_at <= wechat.now() + timedelta(minutes=5)
    wechat.move_clock(wechat.now() + timedelta(minutes=6))
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        wechat.control.open(first.action.url)
    second = run(wechat.provider.create_payment(request))
    wechat.user_pays(second)
    assert wechat.debits(request.merchant_ref) == 1


def test_a_paid_reference_asked_for_again_says_that_it_is_paid(wechat):
    request = wechat.payment()
    wechat.user_pays(run(wechat.provider.create_payment(request)))
    again = run(wechat.provider.create_payment(request))
    assert (again.state, again.action) == (PaymentState.SUCCEEDED, None)
    other = run(wechat.provider.create_payment(replace(request, amount=wechat.money(1))))
    assert (other.state, other.amount) == (PaymentState.SUCCEEDED, request.amount)


def test_a_repeat_that_cannot_be_looked_up_is_unknown_and_never_not_sent(wechat):
    request = wechat.payment()
    wechat.user_pays(run(wechat.provider.create_payment(request)))
    wechat.fault("http_500", method="query")
    assert run(wechat.provider.create_payment(request)).state is PaymentState.UNKNOWN


def test_a_foreign_currency_is_named_and_a_mainland_merchant_takes_yuan_only(wechat):
    payment = wechat.created(amount=Money(123456, "KES"))
    wechat.user_pays(payment)
    assert run(wechat.provider.get_payment(payment.merchant_ref)).amount == Money(123456, "KES")
    mainland = registry.build("wechat", replace(wechat.config, currencies=None))
    assert mainland.descriptor.currencies == {"CNY"}


@pytest.mark.parametrize("fault", ["stale_timestamp", "bad_signature", "wrong_trade"])
def test_a_look_up_of_apiv3_that_cannot_be_trusted_is_unknown(wechat, fault):
    paid = wechat.paid()
    wechat.fault(fault)
    with pytest.raises(OutcomeUnknown):
        run(wechat.provider.get_payment(paid.merchant_ref))


def test_a_refusal_of_apiv3_keeps_its_meaning(wechat):
    wechat.fault("decline", code="NO_AUTH", method="create")
    refused = run(wechat.provider.create_payment(wechat.payment()))
    assert (refused.state, refused.decline.category) == (PaymentState.FAILED, DeclineCategory.OPERATOR)
    wechat.fault("decline", code="NEW_TODAY", method="create")
    assert run(wechat.provider.create_payment(wechat.payment())).state is PaymentState.UNKNOWN


def test_a_wrong_merchant_certificate_is_a_matter_for_the_operator(wechat):
    wrong = wechat.built(merchant_serial="0000")
    refused = run(wrong.create_payment(wechat.payment()))
    assert (refused.state, refused.decline.category) == (PaymentState.FAILED, DeclineCategory.OPERATOR)


def test_a_clock_that_is_wrong_is_noticed_when_wechat_is_strict(wechat):
    wechat.control.post("wechat/settings", strict_clock=True)
    assert wechat.created().action
    wechat.offset -= timedelta(minutes=10)
    with pytest.raises(OutcomeUnknown):
        wechat.created()


def test_the_next_platform_key_is_known_before_it_comes_into_force(wechat):
    paid = wechat.paid()
    wechat.control.post("wechat/settings", next_key=True)
    assert run(wechat.provider.get_payment(paid.merchant_ref)).state is PaymentState.SUCCEEDED
    behind = wechat.built(platform_keys=wechat.config.options["platform_keys"].partition(",")[0])
    with pytest.raises(OutcomeUnknown):
        run(behind.get_payment(paid.merchant_ref))


# Refunds


def refund(paid, reference, amount):
    return RefundRequest(merchant_ref=paid.merchant_ref, refund_ref=reference, amount=amount, reason="退款")


def test_a_refund_number_stands_for_one_amount(wechat):
    paid = wechat.paid()
    assert run(wechat.provider.refund(refund(paid, "R00001", wechat.money(100)))).state is RefundState.SUCCEEDED
    other = run(wechat.provider.refund(refund(paid, "R00001", wechat.money(101))))
    assert (other.state, other.decline.category) == (RefundState.FAILED, DeclineCategory.OPERATOR)


def test_a_refund_stuck_at_the_bank_is_for_a_person(wechat):
    request = refund(wechat.paid(), "R00002", wechat.money(100))
    wechat.fault("accept_only")
    assert run(wechat.provider.refund(request)).state is RefundState.PENDING
    wechat.control.user("refund", out_refund_no="R00002", status="ABNORMAL")
    stuck = run(wechat.provider.get_refund("R00002", request.merchant_ref))
    assert (stuck.state, stuck.decline.category) == (RefundState.UNKNOWN, DeclineCategory.OPERATOR)


def test_a_refund_in_another_currency_or_of_another_order_is_refused(wechat):
    paid = wechat.paid()
    assert run(wechat.provider.refund(refund(paid, "R00003", Money(100, "USD")))).state is RefundState.FAILED
    run(wechat.provider.refund(refund(paid, "R00004", wechat.money(100))))
    with pytest.raises(OutcomeUnknown):
        run(wechat.provider.get_refund("R00004", "SOMEBODY_ELSES"))


def test_after_a_year_nothing_can_be_refunded(wechat):
    paid = wechat.paid()
    wechat.move_clock(wechat.now() + timedelta(days=366))
    assert run(wechat.provider.refund(refund(paid, "R00005", wechat.money(100)))).state is RefundState.FAILED


# Bills


def test_the_bill_keeps_signs_fees_and_its_promise(wechat):
    paid = wechat.paid()
    run(wechat.provider.refund(refund(paid, "R00006", wechat.money(834))))
    day = wechat.now().astimezone(BEIJING).date()
    wechat.move_clock(wechat.beijing(11, days=1))
    line, back = run(wechat.provider.statement(day))
    assert (line.amount, line.fee) == (Money(1234, "CNY"), Money(7, "CNY"))
    assert (back.amount, back.refund_ref, back.fee) == (Money(-834, "CNY"), "R00006", Money(-5, "CNY"))


def test_the_bill_is_ready_at_ten_the_next_morning_and_not_before(wechat):
    wechat.paid()
    day = wechat.now().astimezone(BEIJING).date()
    wechat.move_clock(wechat.beijing(10, days=1) - timedelta(seconds=30))
    with pytest.raises(NotSent, match="10:00"):
        run(wechat.provider.statement(day))


def test_a_bill_in_the_making_is_asked_for_later(wechat):
    wechat.paid()
    day = wechat.now().astimezone(BEIJING).date()
    wechat.offset += timedelta(days=2)
    with pytest.raises(NotSent, match="still"):
        run(wechat.provider.statement(day))


def test_a_day_without_trades_has_an_empty_statement(wechat):
    assert run(wechat.provider.statement(wechat.now().date() - timedelta(days=30))) == ()


HEAD = "交易时间,微信订单号,商户订单号,交易状态,货币种类,订单金额,商户退款单号,退款金额,手续费"
ROW = "`2026-11-10 16:33:45,`1,`R1,`SUCCESS,`CNY,`0.01,`0,`0.00,`0.00000"
TOTALS = "总交易单数,订单总金额\r\n`1,`0.01"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}\r\n{ROW}\r\n{ROW}\r\n{TOTALS}",
        f"{HEAD}\r\n{TOTALS}",
        f"{HEAD}\r\n{ROW}",
        f"{HEAD}\r\n{ROW.replace('0.01', '0.011')}\r\n{TOTALS}",
        f"{HEAD}\r\n{ROW.replace('0.01', 'NaN')}\r\n{TOTALS}",
        f"{HEAD}\r\n{ROW.replace('2026', 'yyyy')}\r\n{TOTALS}",
        f"{HEAD.replace('订单金额', '别的')}\r\n{ROW}\r\n{TOTALS}",
        "",
    ],
)
def test_a_bill_that_does_not_add_up_is_not_booked(text):
    packed = text.encode()
    with pytest.raises(OutcomeUnknown):
        bill.trades(gzip.compress(packed), hashlib.sha1(packed).hexdigest())


def test_a_bill_whose_digest_differs_or_that_is_cut_off_is_not_booked():
    packed = f"{HEAD}\r\n{ROW}\r\n{TOTALS}".encode()
    digest = hashlib.sha1(packed).hexdigest()
    assert len(bill.trades(gzip.compress(packed), digest).lines) == 1
    for body, promised in (
        (gzip.compress(packed), "0" * 40),
        (gzip.compress(packed)[:-9], digest),
        (packed, digest),
        (gzip.compress(packed), "ä"),
    ):
        with pytest.raises(OutcomeUnknown):
            bill.trades(body, promised)


def test_our_signature_never_leaves_for_another_host(wechat):
    with pytest.raises(OutcomeUnknown):
        Books(wechat.provider._v3).download("https://example.com/v3/billdownload/file?token=1")


# Settings


@pytest.mark.parametrize("missing", ["api_url", "mch_id", "app_id", "merchant_serial", "platform_keys"])
def test_a_missing_option_is_named(wechat, missing):
    options = {name: value for name, value in wechat.config.options.items() if name != missing}
    with pytest.raises(ConfigError, match=missing):
        registry.build("wechat", replace(wechat.config, options=options))


@pytest.mark.parametrize("wrong", ["platform_key", "=platform_key", "PUB_1=", "PUB_1=nothing", ","])
def test_platform_keys_that_cannot_be_told_apart_are_refused(wechat, wrong):
    with pytest.raises(ConfigError):
        wechat.built(platform_keys=wrong)


def test_a_plan_limit_that_is_no_number_and_a_short_key_are_refused(wechat, tmp_path):
    with pytest.raises(ConfigError, match="plan_limit"):
        wechat.built(plan_limit="500.00")
    names = wechat.config.secrets
    secrets = {**names, "api_v3_key": names["private_key"]}
    with pytest.raises(ConfigError, match="api_v3_key"):
        registry.build("wechat", replace(wechat.config, secrets=secrets))


def test_a_merchant_without_a_plan_takes_one_off_payments_only(wechat):
    plain = wechat.built(plan_id="")
    assert plain.descriptor.can(Capability.ONE_OFF)
    assert not plain.descriptor.can(Capability.MANDATE)
    assert (wechat.provider.descriptor.ends_silently, plain.descriptor.ends_silently) == (True, False)
    with pytest.raises(Unsupported):
        plain.start_mandate(wechat.mandate_request())
    payment = run(plain.create_payment(wechat.payment()))
    wechat.user_pays(payment)
    assert run(plain.get_payment(payment.merchant_ref)).state is PaymentState.SUCCEEDED
    assert run(plain.get_payment("NOBODY1")).found is False


@pytest.mark.parametrize("path", ["/wechat/", "/control/wechat/", "/assets/wechat.css"])
def test_pages_open_and_carry_no_inline_code(wechat, path):
    wechat.paid()
    wechat.mandate()
    answer = httpx.get(f"{wechat.sandbox.base_url}{path}", trust_env=False)
    assert answer.status_code == 200
    assert not any(mark in answer.text for mark in ("<script", " style=", " onclick="))


def test_a_subject_with_markup_is_shown_as_text(wechat):
    payment = wechat.created(subject="<b>x</b>")
    page = httpx.get(wechat.control.open(payment.action.url), trust_env=False)
    assert "<b>x</b>" not in page.text
    assert "&lt;b&gt;x" in page.text


def test_amounts_below_a_fen_are_refused_before_anything_is_sent(wechat):
    with pytest.raises(InvalidInput):
        wechat.provider.create_payment(wechat.payment(amount=Money(0, "CNY")))


def test_hundreds_of_deductions_run_at_a_time_and_each_contract_pays_once(wechat):
    mandates = [wechat.mandate() for _ in range(4)]
    requests = [wechat.charge_request(mandate) for mandate in mandates for _ in range(25)]

    async def charge_all():
        try:
            return await asyncio.gather(*(arun(wechat.provider.charge(request)) for request in requests))
        finally:
            await close_async_client()

    states = [result.state for result in asyncio.run(charge_all())]
    assert states.count(PaymentState.SUCCEEDED) == len(mandates)
    assert wechat.control.debits() == len(mandates)


@pytest.mark.parametrize(("text", "seconds"), [("7", 7), ("0", 60), ("", 60), ("soon", 60), ("٣", 60), ("9" * 9, 60)])
def test_we_wait_as_long_as_wechat_asks_within_reason(text, seconds):
    assert seconds_to_wait(HttpResponse(status=429, headers={"retry-after": text}, body=b"")) == seconds
