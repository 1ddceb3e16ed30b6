"""In one step: a payment is made and an agreement signed by it; and the ways of paying that live in an app."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from common.errors import InvalidInput
from common.http import run
from tests.wallets.wechat_fixtures import wechat, wechat_sandbox
from wallets.providers.base import (
    ActionKind,
    Capability,
    Channel,
    MandateState,
    OutcomeUnknown,
    PaymentState,
    RateLimited,
    Unsupported,
)

__all__ = ["wechat", "wechat_sandbox"]


@pytest.fixture(params=["alipay", "wechat"])
def wallet(request):
    return request.getfixturevalue(request.param)


def asked(wallet, **terms):
    """A first instalment and the agreement for the rest of them."""
    return wallet.payment(channel=wallet.agreeing_channel, agreement=wallet.mandate_request(**terms))


def test_what_was_signed_while_paying_can_be_debited_and_ended(wallet):
    request = asked(wallet)
    wallet.user_pays(run(wallet.provider.create_payment(request)))
    signed = run(wallet.provider.get_mandate("", request.agreement.merchant_ref))
    mandate = replace(wallet.mandate(), mandate_ref=signed.mandate_ref, merchant_ref=request.agreement.merchant_ref)
    charge = wallet.charge(mandate)
    run(wallet.provider.charge(charge))
    assert wallet.debits(charge.merchant_ref) == 1
    assert run(wallet.provider.revoke_mandate(signed.mandate_ref, "asked")).state is MandateState.REVOKED
    assert run(wallet.provider.get_mandate(signed.mandate_ref)).state is MandateState.REVOKED


def test_terms_the_wallet_would_not_take_are_refused_before_anything_is_sent(alipay, wechat):
    with pytest.raises(InvalidInput):
        alipay.provider.create_payment(asked(alipay, period=0))
    with pytest.raises(InvalidInput):
        wechat.provider.create_payment(asked(wechat, single_limit=wechat.money(5_000_001)))


@pytest.mark.parametrize("channel", [Channel.DESKTOP, Channel.PHONE, Channel.QR])
def test_alipay_signs_while_paying_in_an_app_only(alipay, channel):
    with pytest.raises(Unsupported):
        alipay.provider.create_payment(replace(asked(alipay), channel=channel))


@pytest.mark.parametrize("channel", [Channel.APP, Channel.PHONE])
def test_wechat_signs_while_paying_on_the_web(wechat, channel):
    request = replace(asked(wechat), channel=channel, return_url="https://shop.example/back?a=1")
    if channel is Channel.APP:
        with pytest.raises(Unsupported):
            wechat.provider.create_payment(request)
        return
    payment = run(wechat.provider.create_payment(request))
    assert payment.action.kind is ActionKind.REDIRECT
    assert "redirect_url=https%3A%2F%2Fshop.example%2Fback%3Fa%3D1" in payment.action.url


def test_a_merchant_without_a_plan_takes_no_agreement(wechat):
    without = wechat.built(plan_id="")
    assert not without.descriptor.can(Capability.AGREEMENT_WITH_PAYMENT)
    with pytest.raises(Unsupported):
        without.create_payment(asked(wechat))


def test_an_order_without_its_contract_is_closed_and_shown_to_nobody(wechat):
    request = asked(wechat)
    wechat.fault("accept_only", method="contractorder", code="CONTRACT_NOT_CONFIRM")
    result = run(wechat.provider.create_payment(request))
    assert (result.state, result.action) == (PaymentState.CLOSED, None)
    assert result.decline.code == "CONTRACT_NOT_CONFIRM"
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        wechat.control.user("pay", reference=request.merchant_ref)
    assert wechat.debits(request.merchant_ref) == 0


@pytest.mark.parametrize("fault", ["timeout_after_commit", "bad_signature", "garbage", "http_500", "wrong_trade"])
def test_an_order_nobody_answered_for_is_unknown_and_repeating_it_is_the_same_order(wechat, fault):
    request = asked(wechat)
    wechat.fault(fault, method="contractorder")
    with pytest.raises(OutcomeUnknown):
        run(wechat.provider.create_payment(request))
    again = run(wechat.provider.create_payment(request))
    wechat.user_pays(again)
    assert wechat.debits(request.merchant_ref) == 1
    assert run(wechat.provider.create_payment(request)).state is PaymentState.SUCCEEDED


def test_a_refused_order_says_why_and_a_crowded_hour_is_no_refusal(wechat):
    wechat.fault("decline", method="contractorder", code="NOAUTH")
    assert run(wechat.provider.create_payment(asked(wechat))).decline.code == "NOAUTH"
    wechat.fault("http_429", method="contractorder")
    with pytest.raises(RateLimited):
        run(wechat.provider.create_payment(asked(wechat)))


def test_an_order_signed_while_paying_runs_out_as_any(wechat):
    request = replace(asked(wechat), expires_at=wechat.now() + timedelta(minutes=30))
    page = wechat.control.open(run(wechat.provider.create_payment(request)).action.payload)
    wechat.move_clock(wechat.now() + timedelta(minutes=31))
    wechat.control.press(f"{page}/pay")
    assert wechat.debits(request.merchant_ref) == 0


def test_a_payment_in_an_app_is_handed_to_the_sdk_and_paid_once(wallet):
    request = wallet.payment(channel=Channel.APP)
    payment = run(wallet.provider.create_payment(request))
    assert (payment.state, payment.action.kind) == (PaymentState.REQUIRES_ACTION, ActionKind.SDK)
    if wallet.key == "alipay":
        wallet.user_pays(payment)
    else:
        wallet.control.user("jsapi", payload=payment.action.payload)
    assert run(wallet.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED
    assert wallet.debits(request.merchant_ref) == 1


def refused(wallet, action: str, payload: str) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        wallet.control.user(action, payload=payload)


def test_what_an_app_hands_over_cannot_be_changed(alipay, wechat):
    order = dict(parse_qsl(run(alipay.provider.create_payment(asked(alipay))).action.payload))
    for name, value in order.items():
        refused(alipay, "open_app", urlencode({**order, name: f"x{value}"}))
    signed = json.loads(run(wechat.provider.create_payment(wechat.payment(channel=Channel.APP))).action.payload)
    for name, value in signed.items():
        refused(wechat, "jsapi", json.dumps({**signed, name: f"x{value}"}))


def test_a_contract_can_be_signed_from_an_app(wechat):
    request = replace(wechat.mandate_request(), channel=Channel.APP)
    started = run(wechat.provider.start_mandate(request))
    assert (started.state, started.action.kind) == (MandateState.PENDING, ActionKind.SDK)
    assert json.loads(started.action.payload)["pre_entrustweb_id"]
    wechat.control.user("sign", reference=request.merchant_ref)
    assert run(wechat.provider.get_mandate("", request.merchant_ref)).state is MandateState.ACTIVE
