"""The control page and its API say and do the same at every wallet; what one cannot have is refused with the reason."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from django.core.cache import cache

from common.errors import PlatformError
from common.http import run
from tests.wallets.alipay_harness import AlipayHarness
from tests.wallets.bank_harness import BankHarness
from tests.wallets.conformance import SandboxHarness
from tests.wallets.mpesa_fixtures import LOCAL
from tests.wallets.mpesa_harness import MPesaHarness, RatibaHarness
from tests.wallets.paypal_harness import PayPalHarness
from tests.wallets.receiver import webhook_receiver
from tests.wallets.stripe_harness import StripeHarness
from tests.wallets.usdt_harness import EthereumHarness, TronHarness
from tests.wallets.wechat_harness import WeChatHarness
from wallets.providers.base import MandateState, PaymentState
from wallets.sandbox import limits
from wallets.sandbox.faults import CALL_FAULTS, NOTIFY_FAULTS
from wallets.sandbox.testing import running_sandbox

HARNESSES = {
    "alipay": AlipayHarness,
    "wechat": WeChatHarness,
    "stripe": StripeHarness,
    "paypal": PayPalHarness,
    "mpesa": MPesaHarness,
    "mpesa_ratiba": RatibaHarness,
    "bank_gateway": BankHarness,
    "usdt_eth": EthereumHarness,
    "usdt_tron": TronHarness,
}
PAY_BY_HAND = ("alipay", "wechat", "stripe", "paypal", "mpesa", "bank_gateway")
SIGN = ("alipay", "wechat", "stripe", "paypal", "mpesa_ratiba")
CALLING = ("alipay", "wechat", "stripe", "paypal", "mpesa", "bank_gateway")


@pytest.fixture(scope="module")
def sandbox(wallet_secrets):
    with running_sandbox(wallet_secrets) as running:
        yield running


@pytest.fixture
def wallet(sandbox, request, settings):
    settings.CACHES = LOCAL
    sandbox.control.post("reset")
    cache.clear()
    with webhook_receiver() as receiver:
        yield HARNESSES[request.param](sandbox, receiver)


def at(*keys: str):
    return pytest.mark.parametrize("wallet", keys, indirect=True)


def page(harness: SandboxHarness) -> str:
    return httpx.get(f"{harness.sandbox.base_url}/control/{harness.wallet or harness.key}/", trust_env=False).text


def refusal(harness: SandboxHarness, path: str, **fields: str) -> str:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        harness.control.post(f"{harness.control.wallet}/{path}", **fields)
    assert refused.value.response.status_code == 409
    return refused.value.response.json()["error"]


def looked_up(harness: SandboxHarness, payment) -> PaymentState:
    return run(harness.provider.get_payment(payment.merchant_ref, payment.provider_ref)).state


@at(*HARNESSES)
def test_the_page_offers_what_can_be_ordered_and_says_why_not_the_rest(wallet):
    shown, key = page(wallet), wallet.control.wallet
    for kind in (*CALL_FAULTS, *NOTIFY_FAULTS):
        reason = str(limits.no_fault(key, kind))
        assert (f"<option>{kind}</option>" in shown) is not bool(reason)
        if reason:
            assert f"<code>{kind}</code>" in shown
            assert refusal(wallet, "faults", kind=kind) == reason
        else:
            assert wallet.control.fault(kind)["kind"] == kind
    assert not any(mark in shown for mark in ("<script", " style=", " onclick="))


@at(*HARNESSES)
def test_each_reason_of_the_suite_to_spare_a_fault_is_on_the_page_too(wallet):
    spared = {name.removeprefix("fault:") for name in wallet.lacks if name.startswith("fault:")}
    # WeChat's newer interface has the signed time that its older one lacks, and the rates that which nodes lack.
    missing = {kind for kind in spared if not limits.no_fault(wallet.control.wallet, kind)}
    assert missing == ({"stale_timestamp"} if wallet.control.wallet in ("wechat", "chain") else set())


@at(*HARNESSES)
def test_what_a_payer_cannot_do_at_a_wallet_is_refused_with_the_reason(wallet):
    for action in limits.USER_ACTIONS:
        reason = limits.no_action(wallet.control.wallet, action)
        if reason:
            assert refusal(wallet, "user", action=action) == str(reason)


@at(*PAY_BY_HAND)
def test_the_payer_declines_then_pays_by_our_own_reference(wallet):
    payment = wallet.created()
    wallet.opens(payment)
    wallet.control.user("decline", reference=payment.merchant_ref)
    assert looked_up(wallet, payment) is not PaymentState.SUCCEEDED
    assert wallet.debits(payment.merchant_ref) == 0
    if wallet.key in ("mpesa", "paypal"):
        payment = wallet.created()
    wallet.control.user("pay", reference=payment.merchant_ref)
    assert looked_up(wallet, payment) is PaymentState.SUCCEEDED
    assert wallet.debits(payment.merchant_ref) == 1
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        wallet.control.user("pay", reference=payment.merchant_ref)
    assert wallet.debits(payment.merchant_ref) == 1


def proposed(wallet):
    request = wallet.mandate_request()
    started = run(wallet.provider.start_mandate(request))
    if started.action.url and wallet.key != "stripe":
        wallet.control.open(started.action.url)
    return request, started


@at(*SIGN)
@pytest.mark.parametrize("ending", ["unsign", "expire"])
def test_the_payer_signs_and_the_agreement_ends_by_our_own_reference(wallet, ending):
    request, started = proposed(wallet)
    wallet.control.user("sign", reference=request.merchant_ref)
    if wallet.key == "mpesa_ratiba":
        wallet.control.user(ending, reference=request.merchant_ref)
        wallet.move_clock(wallet.now() + timedelta(days=70))
        wallet.control.user("tick")
        assert wallet.control.debits() == 0
        return
    signed = run(wallet.provider.get_mandate(started.mandate_ref, request.merchant_ref))
    assert signed.state is MandateState.ACTIVE
    wallet.control.user(ending, reference=request.merchant_ref)
    ended = run(wallet.provider.get_mandate(signed.mandate_ref, request.merchant_ref)).state
    assert ended in {"unsign": (MandateState.REVOKED,), "expire": (MandateState.EXPIRED,)}[ending]


@at("alipay", "wechat")
def test_an_accepted_charge_that_is_declined_later_is_over_and_took_nothing(wallet):
    request = wallet.charge(wallet.mandate())
    wallet.fault("accept_only")
    assert run(wallet.provider.charge(request)).state is PaymentState.PENDING
    wallet.control.user("decline", reference=request.merchant_ref, code="NOTENOUGH")
    found = run(wallet.provider.get_payment(request.merchant_ref)).state
    assert found in (PaymentState.FAILED, PaymentState.CLOSED)
    assert wallet.debits(request.merchant_ref) == 0


def heard(wallet, count: int):
    """Bodies of the calls that came, in their order, with what they say."""
    calls = wallet.receiver.wait(count)
    return [wallet.parse(call)[0] for call in calls]


def references(events) -> list[str]:
    return [event.payment.merchant_ref for event in events]


@at(*CALLING)
def test_a_notice_ordered_twice_comes_twice_under_one_number(wallet):
    wallet.fault("duplicate")
    wallet.paid()
    events = heard(wallet, 2)
    assert len({event.dedupe_key for event in events}) == 1


@at(*CALLING)
def test_reordered_notices_come_the_other_way_round(wallet):
    wallet.fault("reorder")
    first, second = wallet.paid(), wallet.paid()
    assert references(heard(wallet, 2)) == [second.merchant_ref, first.merchant_ref]


@at(*CALLING)
def test_a_delayed_notice_comes_later_and_a_dropped_one_never(wallet):
    wallet.fault("delay", seconds=1)
    wallet.fault("drop")
    late, dropped, prompt = wallet.paid(), wallet.paid(), wallet.paid()
    assert references(heard(wallet, 2)) == [prompt.merchant_ref, late.merchant_ref]
    assert looked_up(wallet, dropped) is PaymentState.SUCCEEDED


@at(*HARNESSES)
@pytest.mark.parametrize("fault", ["http_429", "http_500"])
def test_a_fault_strikes_one_call_and_is_used_up(wallet, fault):
    def ask():
        return run(wallet.provider.create_payment(wallet.payment(channel=wallet.wire_channel)))

    if wallet.key == "mpesa_ratiba":

        def ask():
            return run(wallet.provider.start_mandate(wallet.mandate_request()))

    wallet.control.fault(fault)
    with pytest.raises(PlatformError):
        ask()
    assert "×1" not in page(wallet)
    assert ask()


@at("bank_gateway", "usdt_eth")
def test_a_person_who_presses_a_button_in_vain_reads_why_and_finds_back(wallet):
    address = f"{wallet.sandbox.base_url}/control/{wallet.control.wallet}"
    answer = httpx.post(f"{address}/user", data={"action": "sign"}, trust_env=False)
    assert answer.status_code == 409 and answer.headers["content-type"].startswith("text/html")
    assert str(limits.no_action(wallet.control.wallet, "sign")) in answer.text
    assert f'href="/control/{wallet.control.wallet}/"' in answer.text


@at(*HARNESSES)
def test_the_page_leads_to_the_wallet_a_payer_holds(wallet):
    assert f'href="/{wallet.control.wallet}/"' in page(wallet)
    assert wallet.control.open(f"/{wallet.control.wallet}/")


@at(*HARNESSES)
def test_the_clock_is_moved_for_all_wallets_at_once(wallet):
    before = wallet.control.get("clock")["offset_seconds"]
    moved = wallet.control.post("clock", offset_seconds=before + 86_400)
    assert moved["offset_seconds"] == before + 86_400
    assert moved["now"][:10] in page(wallet)
