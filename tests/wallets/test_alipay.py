"""What is particular to Alipay, on the wire."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from common.errors import InvalidInput
from common.http import arun, run
from common.http.transport import close_async_client
from common.money import Money
from wallets.providers import registry
from wallets.providers.base import (
    ActionKind,
    Channel,
    ConfigError,
    HttpIn,
    MandateRequest,
    MandateTerms,
    PaymentState,
    PeriodUnit,
    RefundRequest,
)


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def terms(**changes):
    agreed = MandateTerms(
        single_limit=Money(5000, "CNY"), period_unit=PeriodUnit.MONTH, period=1, first_charge_on=date(2027, 1, 15)
    )
    return replace(agreed, **changes)


def request_to_sign(**changes):
    request = MandateRequest(
        merchant_ref="E1", terms=terms(), subject="Plan", notify_url="http://127.0.0.1:1/n", channel=Channel.PHONE
    )
    return replace(request, **changes)


@pytest.mark.parametrize(
    ("channel", "method", "product"),
    [
        (Channel.DESKTOP, "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
        (Channel.PHONE, "alipay.trade.wap.pay", "QUICK_WAP_WAY"),
    ],
)
def test_each_device_gets_its_own_payment_page(alipay, channel, method, product):
    payment = run(alipay.provider.create_payment(alipay.payment(channel=channel)))
    fields = query_of(payment.action.url)
    assert (fields["method"], json.loads(fields["biz_content"])["product_code"]) == (method, product)


def test_the_timestamp_is_beijing_time_wherever_the_server_stands(alipay):
    alipay.control.post("alipay/settings", strict_clock=True)
    payment = run(alipay.provider.create_payment(alipay.payment()))
    sent = datetime.strptime(query_of(payment.action.url)["timestamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs(sent - timedelta(hours=8) - alipay.now()) < timedelta(minutes=1)
    assert run(alipay.provider.get_payment(payment.merchant_ref)).decline.code == "ACQ.TRADE_NOT_EXIST"


@pytest.mark.parametrize(("currency", "named"), [("CNY", None), ("TWD", "TWD"), ("KES", "KES")])
def test_a_foreign_currency_is_named_on_the_wire_and_the_home_currency_is_not(alipay, currency, named):
    payment = run(alipay.provider.create_payment(alipay.payment(amount=Money(123456, currency))))
    content = json.loads(query_of(payment.action.url)["biz_content"])
    assert (content["total_amount"], content.get("trans_currency")) == ("1234.56", named)
    alipay.user_pays(payment)
    assert run(alipay.provider.get_payment(payment.merchant_ref)).amount == Money(123456, currency)


def test_a_mainland_merchant_takes_yuan_only(alipay):
    mainland = registry.build("alipay", replace(alipay.config, currencies=None))
    assert mainland.descriptor.currencies == {"CNY"}


@pytest.mark.parametrize("minor", [0, -1, 10_000_000_001])
def test_amounts_alipay_does_not_take_are_refused_before_anything_is_sent(alipay, minor):
    with pytest.raises(InvalidInput):
        alipay.provider.create_payment(alipay.payment(amount=Money(minor, "CNY")))


def test_a_page_that_ran_out_cannot_be_paid(alipay):
    payment = run(alipay.provider.create_payment(alipay.payment(expires_at=alipay.now() + timedelta(minutes=5))))
    page = alipay.control.open(payment.action.url)
    alipay.move_clock(alipay.now() + timedelta(minutes=6))
    alipay.control.press(f"{page}/pay")
    assert run(alipay.provider.get_payment(payment.merchant_ref)).state is PaymentState.CLOSED
    assert alipay.debits(payment.merchant_ref) == 0


def test_a_page_opened_only_after_its_time_cannot_be_paid(alipay):
    payment = run(alipay.provider.create_payment(alipay.payment(expires_at=alipay.now() + timedelta(minutes=5))))
    alipay.move_clock(alipay.now() + timedelta(minutes=6))
    alipay.user_pays(payment)
    assert alipay.debits(payment.merchant_ref) == 0


def test_an_opened_unpaid_payment_can_be_closed_and_then_not_paid(alipay):
    payment = run(alipay.provider.create_payment(alipay.payment()))
    page = alipay.control.open(payment.action.url)
    assert run(alipay.provider.close_payment(payment.merchant_ref)).state is PaymentState.CLOSED
    alipay.control.press(f"{page}/pay")
    assert alipay.debits(payment.merchant_ref) == 0


def test_a_page_nobody_opened_cannot_be_closed_and_says_so(alipay):
    payment = run(alipay.provider.create_payment(alipay.payment()))
    closed = run(alipay.provider.close_payment(payment.merchant_ref))
    assert (closed.state, closed.found) == (PaymentState.UNKNOWN, False)


def test_after_paying_the_payer_comes_back_to_us(alipay):
    payment = run(alipay.provider.create_payment(alipay.payment(return_url="http://127.0.0.1:1/paid?link=7")))
    back = alipay.control.press(f"{alipay.control.open(payment.action.url)}/pay")
    assert back.startswith("http://127.0.0.1:1/paid?link=7&")
    assert query_of(back)["out_trade_no"] == payment.merchant_ref


def test_declining_in_the_wallet_leaves_the_payment_open(alipay):
    payment = run(alipay.provider.create_payment(alipay.payment()))
    page = alipay.control.open(payment.action.url)
    alipay.control.press(f"{page}/decline")
    assert run(alipay.provider.get_payment(payment.merchant_ref)).state is PaymentState.REQUIRES_ACTION
    alipay.control.press(f"{page}/pay")
    assert alipay.debits(payment.merchant_ref) == 1


def test_the_agreement_opens_in_the_wallet_app_on_a_phone_and_as_a_code_elsewhere(alipay):
    provider = alipay.built(agreement_opens_in="wallet")
    phone = run(provider.start_mandate(request_to_sign())).action
    desktop = run(provider.start_mandate(request_to_sign(channel=Channel.DESKTOP))).action
    assert (phone.kind, phone.url[:44]) == (ActionKind.DEEPLINK, "alipays://platformapi/startapp?appId=2000006")
    assert (desktop.kind, desktop.payload.startswith("alipays://")) == (ActionKind.QR, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"first_charge_on": date(2027, 1, 29)},
        {"period": 0},
        {"period_unit": PeriodUnit.DAY, "period": 6},
    ],
)
def test_terms_alipay_would_refuse_are_refused_with_the_field(alipay, changes):
    with pytest.raises(InvalidInput) as refused:
        alipay.provider.start_mandate(request_to_sign(terms=terms(**changes)))
    assert refused.value.field in changes


def test_an_unsigned_mandate_is_pending_and_a_refused_one_stays_so(alipay):
    started = run(alipay.provider.start_mandate(request_to_sign()))
    assert run(alipay.provider.get_mandate("", "E1")).found is False
    alipay.control.press(f"{alipay.control.open(started.action.url)}/refuse")
    assert run(alipay.provider.get_mandate("", "E1")).state == "pending"


def test_the_mandate_tells_its_limit_and_end(alipay):
    until = (alipay.now() + timedelta(days=400)).date()
    mandate = alipay.mandate(valid_until=until)
    found = run(alipay.provider.get_mandate(mandate.mandate_ref))
    assert found.single_limit == Money(5000, "CNY")
    assert abs(found.valid_until.date() - until) <= timedelta(days=1)
    assert found.next_charge_on == mandate.terms.first_charge_on


def test_the_earlier_charge_decides_when_a_reference_is_used_again_for_another_amount(alipay):
    mandate = alipay.mandate()
    request = alipay.charge(mandate)
    run(alipay.provider.charge(request))
    again = run(alipay.provider.charge(replace(request, amount=Money(999, "CNY"))))
    assert (again.state, again.amount) == (PaymentState.SUCCEEDED, request.amount)
    assert alipay.debits(request.merchant_ref) == 1


def test_hundreds_of_charges_run_at_a_time_and_each_debits_once(alipay):
    mandates = [alipay.mandate() for _ in range(4)]
    requests = [alipay.charge(mandate) for mandate in mandates for _ in range(25)]

    async def charge_all():
        try:
            return await asyncio.gather(*(arun(alipay.provider.charge(request)) for request in requests))
        finally:
            await close_async_client()

    states = [result.state for result in asyncio.run(charge_all())]
    assert states.count(PaymentState.SUCCEEDED) == len(mandates)
    assert alipay.control.debits() == len(mandates)


def test_a_refund_in_the_bill_and_the_fee_keep_their_signs(alipay):
    paid = alipay.paid()
    run(
        alipay.provider.refund(RefundRequest(merchant_ref=paid.merchant_ref, refund_ref="R1", amount=alipay.money(834)))
    )
    day = (alipay.now() + timedelta(hours=8)).date()
    alipay.move_clock(alipay.now() + timedelta(days=2))
    line, refund = run(alipay.provider.statement(day))
    assert (line.amount, line.fee) == (Money(1234, "CNY"), Money(7, "CNY"))
    assert (refund.amount, refund.refund_ref, refund.fee) == (Money(-834, "CNY"), "R1", Money(-5, "CNY"))


def test_a_day_without_trades_has_an_empty_statement(alipay):
    day = alipay.now().date() - timedelta(days=30)
    assert run(alipay.provider.statement(day)) == ()


def test_money_in_a_notify_is_confirmed_by_a_query_first(alipay):
    alipay.paid()
    (event,) = alipay.provider.parse_webhook(alipay.receiver.wait()[0])
    assert event.confirm_first
    assert "buyer_logon_id" not in event.facts


def test_a_repeated_field_in_a_notify_is_refused(alipay):
    alipay.paid()
    call = alipay.receiver.wait()[0]
    with pytest.raises(Exception, match="repeats a field"):
        alipay.provider.parse_webhook(replace(call, body=call.body + b"&total_amount=0.01"))


def test_the_reply_is_the_word_alipay_waits_for(alipay):
    assert alipay.provider.webhook_reply(True).body == b"success"
    assert alipay.provider.webhook_reply(False).body != b"success"


@pytest.mark.parametrize("missing", ["gateway_url", "app_id", "seller_id"])
def test_a_missing_option_is_named(alipay, missing):
    options = {name: value for name, value in alipay.config.options.items() if name != missing}
    with pytest.raises(ConfigError, match=missing):
        registry.build("alipay", replace(alipay.config, options=options))


def test_a_secret_outside_the_secrets_directory_is_refused(alipay):
    with pytest.raises(ConfigError, match="inside"):
        registry.build(
            "alipay", replace(alipay.config, secrets={**alipay.config.secrets, "private_key": "../../etc/passwd"})
        )


def test_an_unknown_provider_is_a_configuration_error(alipay):
    with pytest.raises(ConfigError, match="alipay"):
        registry.build("nothing", alipay.config)


def test_an_empty_webhook_is_invalid_and_not_an_error(alipay):
    with pytest.raises(Exception, match="form"):
        alipay.provider.parse_webhook(HttpIn(method="POST", path="/", body=b"x" * 100))
