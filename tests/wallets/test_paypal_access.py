"""How we come in: access tokens, settings, and the simulator's pages."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from common.http import HttpRequest, HttpResponse, NotSent, arun, run
from common.http.transport import close_async_client
from tests.wallets.paypal_fixtures import paypal, paypal_sandbox
from wallets.providers import registry
from wallets.providers.base import ConfigError, PaymentState, RateLimited
from wallets.providers.paypal import gateway
from wallets.providers.paypal.tokens import TokenCache

__all__ = ["paypal", "paypal_sandbox"]


def test_one_access_token_serves_many_calls_and_a_lost_one_is_replaced(paypal):
    paypal.paid()
    assert len(paypal.control.get("paypal/bearers")["bearers"]) == 1
    paypal.control.post("reset")
    paypal.register()
    assert paypal.paid().state is PaymentState.SUCCEEDED


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
    assert run(paypal.provider.charge(request)).state is PaymentState.SUCCEEDED


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
