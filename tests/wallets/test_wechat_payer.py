"""Inside WeChat's own browser: WeChat says who pays, and only that payer can confirm the order."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from common.errors import InvalidInput
from common.http import HttpResponse, NotSent, OutcomeUnknown, run
from tests.wallets.talk import Talk, says
from tests.wallets.wechat_fixtures import wechat, wechat_sandbox
from wallets.providers import registry
from wallets.providers.base import ActionKind, ConfigError, RateLimited, Unsupported

__all__ = ["wechat", "wechat_sandbox"]
INSIDE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Mobile MicroMessenger/8.0.49"}
BACK = "http://shop.example/p/word/payer/"
STATE = "5ae7e5" * 10
OPENID = "oSandboxPayer0000000000000001"
PAGE = re.compile(
    r"https://open\.weixin\.qq\.com/connect/oauth2/authorize\?appid=\w+&redirect_uri=http%3A%2F%2Fshop\.example%2Fp%2F"
    r"word%2Fpayer%2F&response_type=code&scope=snsapi_base&state=\w+#wechat_redirect"
)


def visit(url, **headers):
    """What the browser does: it keeps what follows the # to itself."""
    return httpx.get(url.partition("#")[0], headers={**INSIDE, **headers}, trust_env=False)


def code_of(wechat, *, state=STATE):
    answer = visit(wechat.provider.payer_page(BACK, state))
    assert answer.status_code == 303, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


def without_secret(wechat, **options):
    config = wechat.config
    secrets = {name: file for name, file in config.secrets.items() if name != "app_secret"}
    return registry.build("wechat", replace(config, secrets=secrets, options={**config.options, **options}))


def with_secret(wechat, text):
    path = wechat.config.secrets_dir / "another"
    path.write_text(text)
    secrets = {**wechat.config.secrets, "app_secret": "another"}
    return registry.build("wechat", replace(wechat.config, secrets=secrets))


def asked(wechat, answer):
    """What the adapter makes of an answer to its question who pays."""
    return Talk("none", says({})).run(wechat.provider.payer_id("c0de"), answer)


def test_wechat_is_asked_letter_by_letter_as_it_wants(wechat):
    real = wechat.built(account_page_url="", account_api_url="")
    assert PAGE.fullmatch(real.payer_page(BACK, STATE))
    step = next(real.payer_id("c0de"))
    address = urlsplit(step.url)
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://api.weixin.qq.com/sns/oauth2/access_token"
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    secret = wechat.config.secret("app_secret").decode()
    app = wechat.config.options["app_id"]
    assert query == {"appid": app, "secret": secret, "code": "c0de", "grant_type": "authorization_code"}


def test_who_pays_is_told_and_can_confirm_the_order(wechat):
    openid = run(wechat.provider.payer_id(code_of(wechat)))
    assert openid == OPENID
    payment = wechat.created(payer_hint=openid)
    assert payment.action.kind is ActionKind.SDK
    wechat.control.user("jsapi", payload=payment.action.payload)
    assert wechat.debits(payment.merchant_ref) == 1


def test_the_state_comes_back_as_it_was_sent(wechat):
    answer = visit(wechat.provider.payer_page(f"{BACK}?x=1", STATE))
    assert answer.headers["location"].startswith(f"{BACK}?x=1&code=")
    assert answer.headers["location"].endswith(f"&state={STATE}")


def test_somebody_elses_phone_cannot_confirm_the_order(wechat):
    payment = wechat.created(payer_hint=run(wechat.provider.payer_id(code_of(wechat))))
    wechat.control.user("payer", openid="oSomebodyElse0000000000000002")
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        wechat.control.user("jsapi", payload=payment.action.payload)
    assert wechat.debits(payment.merchant_ref) == 0


def test_the_sheet_of_a_payment_is_for_its_payer_and_leads_back(wechat):
    payment = wechat.created(payer_hint=OPENID)
    sheet = f"{wechat.sandbox.base_url}/wechat/jsapi"
    fields = json.loads(payment.action.payload)
    forged = json.dumps({**fields, "package": "prepay_id=wxanother"})
    for wrong in (forged, "[]", "{", json.dumps({**fields, "appId": "wx0"})):
        assert httpx.get(sheet, params={"request": wrong}, trust_env=False).status_code == 400
    query = {"request": payment.action.payload, "back": "http://shop.example/paid"}
    cashier = httpx.get(sheet, params=query, trust_env=False).headers["location"]
    assert wechat.control.press(f"{wechat.sandbox.base_url}{cashier}/pay") == "http://shop.example/paid"
    assert wechat.debits(payment.merchant_ref) == 1


def test_a_code_is_good_once(wechat):
    code = code_of(wechat)
    run(wechat.provider.payer_id(code))
    with pytest.raises(InvalidInput, match="No money has moved"):
        run(wechat.provider.payer_id(code))


def test_a_code_is_good_for_five_minutes(wechat):
    early, late = code_of(wechat), code_of(wechat)
    wechat.move_clock(wechat.now() + timedelta(minutes=4))
    assert run(wechat.provider.payer_id(early)) == OPENID
    wechat.move_clock(wechat.now() + timedelta(minutes=2))
    with pytest.raises(InvalidInput):
        run(wechat.provider.payer_id(late))


@pytest.mark.parametrize("code", ["", "x" * 129, "a b", "ä", "a&secret=b"])
def test_what_is_no_code_of_wechats_is_not_turned_in(wechat, code):
    with pytest.raises(InvalidInput):
        wechat.provider.payer_id(code)


def test_a_code_wechat_does_not_know_is_asked_for_anew(wechat):
    with pytest.raises(InvalidInput):
        run(wechat.provider.payer_id("unknown-to-wechat"))


@pytest.mark.parametrize("wrong", ["secret", "app"])
def test_wrong_settings_are_named_and_their_values_are_not(wechat, wrong):
    provider = with_secret(wechat, "not-ours-at-all") if wrong == "secret" else wechat.built(app_id="wx-not-ours")
    with pytest.raises(ConfigError, match="'app_secret'") as refused:
        run(provider.payer_id(code_of(wechat)))
    assert "not-ours" not in str(refused.value)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("http_500", OutcomeUnknown),
        ("garbage", OutcomeUnknown),
        ("timeout_before_commit", OutcomeUnknown),
        ("timeout_after_commit", OutcomeUnknown),
        ("decline", OutcomeUnknown),
        ("rate_limited", RateLimited),
    ],
)
def test_without_an_answer_nobody_is_named(wechat, fault, error):
    code = code_of(wechat)
    wechat.fault(fault, method="access_token")
    with pytest.raises(error):
        run(wechat.provider.payer_id(code))


def test_nobody_is_named_where_nobody_listens(wechat):
    with pytest.raises(NotSent):
        run(wechat.built(account_api_url="http://127.0.0.1:9").payer_id("c0de"))


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"openid": ""},
        {"openid": ["oSandboxPayer0000000000000001"]},
        {"openid": "short"},
        {"openid": f"{OPENID}\n"},
        {"openid": OPENID, "errcode": 99},
        {"openid": OPENID, "errcode": "40029"},
        {"openid": OPENID, "errcode": [40029]},
        ["openid"],
    ],
)
def test_an_answer_that_is_not_plain_names_nobody(wechat, content):
    with pytest.raises(OutcomeUnknown):
        asked(wechat, says(content))


def test_an_answer_that_nests_without_end_names_nobody(wechat):
    with pytest.raises(OutcomeUnknown):
        asked(wechat, HttpResponse(status=200, body=b"[" * 60_000))


def test_a_good_answer_may_say_so_with_a_number(wechat):
    assert asked(wechat, says({"errcode": 0, "openid": OPENID})) == OPENID


@pytest.mark.parametrize("code", [40029, 40163, 41008, 42003])
def test_a_spent_code_is_the_payers_to_renew(wechat, code):
    with pytest.raises(InvalidInput):
        asked(wechat, says({"errcode": code, "errmsg": "x"}))


@pytest.mark.parametrize("code", [40001, 40002, 40013, 40125, 41002, 41004, 48001, 50001, 50002])
def test_what_our_settings_are_to_blame_for_is_ours(wechat, code):
    with pytest.raises(ConfigError):
        asked(wechat, says({"errcode": code, "errmsg": "x"}))


@pytest.mark.parametrize("code", [45009, 45011])
def test_too_many_questions_are_told_apart(wechat, code):
    with pytest.raises(RateLimited):
        asked(wechat, says({"errcode": code, "errmsg": "x"}))


def test_without_the_apps_secret_wechat_is_shut_inside_wechat(wechat):
    for provider in (without_secret(wechat), without_secret(wechat, plan_id="")):
        about = provider.descriptor
        assert (about.shut_in_own_app, about.names_payer_in_own_app) == (True, False)
        with pytest.raises(Unsupported):
            provider.payer_page(BACK, STATE)
        with pytest.raises(Unsupported):
            provider.payer_id("c0de")
    for provider in (wechat.provider, wechat.built(plan_id="")):
        about = provider.descriptor
        assert (about.shut_in_own_app, about.names_payer_in_own_app) == (False, True)


def test_neither_the_payer_nor_the_code_nor_the_secret_is_logged(wechat):
    code, secret = code_of(wechat), wechat.config.secret("app_secret").decode()
    with capture_logs() as heard:
        openid = run(wechat.provider.payer_id(code))
        wechat.fault("http_500", method="access_token")
        with pytest.raises(OutcomeUnknown) as failed:
            run(wechat.provider.payer_id(code_of(wechat)))
    said = f"{heard} {failed.value} {failed.value.details} {wechat.provider.payer_id(code)} {wechat.payment()}"
    said += repr(wechat.payment(payer_hint=openid))
    assert heard and not any(word in said for word in (openid, code, secret))


@pytest.mark.parametrize(
    "changes",
    [
        {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Mobile Chrome/130"},
        {"scope=snsapi_base": "scope=snsapi_userinfo"},
        {"appid=wx": "appid=ax"},
        {"&state=": "&state=%C3%A4"},
        {"redirect_uri=http": "redirect_uri=ftp"},
        {"response_type=code&scope=snsapi_base": "scope=snsapi_base&response_type=code"},
    ],
)
def test_the_simulated_wechat_refuses_what_the_real_one_would(wechat, changes):
    ((old, new),) = changes.items()
    url = wechat.provider.payer_page(BACK, STATE)
    headers = {old: new} if old == "User-Agent" else {}
    answer = visit(url if headers else url.replace(old, new), **headers)
    assert (answer.status_code, "location" in answer.headers) == (400, False)
