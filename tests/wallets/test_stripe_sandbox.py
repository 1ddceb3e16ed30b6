"""The simulated Stripe keeps Stripe's rules and speaks in its shapes: otherwise tests against it prove nothing."""

import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from common.http import run
from tests.wallets.stripe_fixtures import stripe, stripe_sandbox
from wallets.providers.base import PaymentState
from wallets.sandbox.stripe import events, form

__all__ = ["stripe", "stripe_sandbox"]

# Fields that exist for some kinds only, which the public example of a resource does not show.
SOMETIMES = {"account", "sepa_debit", "link", "failure_reason", "charge", "previous_attributes", "card"}
KINDS = ("payment_intent", "setup_intent", "charge", "refund", "payment_method", "customer", "mandate")
MORE = {
    "session": "checkout.session",
    "balance_transaction": "balance_transaction",
    "dispute": "dispute",
    "event": "event",
}


@pytest.fixture
def published(shared: Path):
    path = shared / "vectors" / "stripe" / "fixtures_subset.json"
    if not path.exists():
        pytest.skip("the public Stripe vectors are not beside this checkout")
    return json.loads(path.read_text())["resources"]


class Caller:
    """Talks to the API without the SDK."""

    def __init__(self, stripe):
        key = (stripe.config.secrets_dir / stripe.config.secrets["api_key"]).read_text()
        self.headers = {"Authorization": f"Bearer {key}", "Stripe-Account": stripe.config.options["account"]}
        self.base = stripe.config.options["api_url"]

    def post(self, path, key="", **fields):
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        return httpx.post(f"{self.base}/v1/{path}", data=fields, headers=headers, trust_env=False)

    def get(self, path, **query):
        return httpx.get(f"{self.base}/v1/{path}", params=query, headers=self.headers, trust_env=False)


@pytest.fixture
def api(stripe):
    return Caller(stripe)


def saved(stripe):
    (method,) = [one for one in stripe.control.get("stripe/payment_methods")["payment_methods"] if one["customer"]]
    return {"payment_method": method["id"], "customer": method["customer"]}


def debit(stripe, **changes):
    terms = {"amount": "500", "currency": "usd", "confirm": "true", "off_session": "true", **saved(stripe)}
    return {**terms, "metadata[attempt_id]": "A1", **changes}


def error(answer):
    return answer.status_code, answer.json()["error"].get("code") or answer.json()["error"]["type"]


def everything_once(stripe):
    """One object of each kind, by way of the hosted pages."""
    stripe.currency = "EUR"
    paid = stripe.paid()
    run(stripe.provider.refund(stripe.refund_request(paid, 5)))
    request = stripe.mandate_request()
    stripe.user_signs(run(stripe.provider.start_mandate(request)).action.url, "sepa_debit")
    other = stripe.paid()
    stripe.reverse(other.merchant_ref)


def test_every_object_has_the_published_fields_and_no_other(stripe, published):
    everything_once(stripe)
    for kind, name in {**{kind: kind for kind in KINDS}, **MORE}.items():
        bodies = stripe.control.get(f"stripe/{kind}s")[f"{kind}s"]
        assert bodies, kind
        for body in bodies:
            example = published[name]
            assert set(body) - set(example) <= SOMETIMES, (kind, set(body) - set(example))
            assert set(example) - set(body) <= SOMETIMES, (kind, set(example) - set(body))


def test_every_field_has_the_published_type(stripe, published):
    everything_once(stripe)
    for kind, name in {**{kind: kind for kind in KINDS}, **MORE}.items():
        for body in stripe.control.get(f"stripe/{kind}s")[f"{kind}s"]:
            both = {field for field in body if body[field] is not None and published[name].get(field) is not None}
            wrong = {field for field in both if type(body[field]) is not type(published[name][field])}
            assert not wrong, (kind, wrong)


def test_the_simulators_signature_is_the_published_one(shared):
    path = shared / "vectors" / "stripe" / "webhook_signature_static.json"
    if not path.exists():
        pytest.skip("the public Stripe vectors are not beside this checkout")
    case = json.loads(path.read_text())
    made = events.signature(case["secret"], case["timestamp"], case["payload"].encode())
    assert made.split(",")[:2] == case["header"].split(",")[:2]


def test_the_same_key_tells_the_first_answer_again(stripe, api):
    stripe.mandate()
    first, again = (api.post("payment_intents", "K1", **debit(stripe)) for _ in range(2))
    assert (first.status_code, again.json()) == (200, first.json())
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    assert stripe.debits("A1") == 1


def test_a_decline_is_told_again_too(stripe, api):
    stripe.mandate()
    stripe.fault("decline", code="insufficient_funds")
    first, again = (api.post("payment_intents", "K1", **debit(stripe)) for _ in range(2))
    assert error(first) == error(again) == (402, "card_declined")
    assert again.json()["error"]["payment_intent"]["status"] == "requires_payment_method"


def test_the_same_key_for_other_terms_is_refused(stripe, api):
    stripe.mandate()
    api.post("payment_intents", "K1", **debit(stripe))
    assert error(api.post("payment_intents", "K1", **debit(stripe, amount="501"))) == (400, "idempotency_error")
    assert stripe.debits("A1") == 1


def test_a_key_is_forgotten_after_a_day_and_the_repeat_is_a_second_debit(stripe, api):
    stripe.mandate()
    api.post("payment_intents", "K1", **debit(stripe))
    stripe.move_clock(stripe.now() + timedelta(hours=23))
    api.post("payment_intents", "K1", **debit(stripe))
    assert stripe.debits("A1") == 1
    stripe.move_clock(stripe.now() + timedelta(hours=2))
    api.post("payment_intents", "K1", **debit(stripe))
    assert stripe.debits("A1") == 2


def test_a_refused_request_keeps_no_answer(stripe, api):
    stripe.mandate()
    assert error(api.post("payment_intents", "K1", **debit(stripe, surprise="1"))) == (400, "parameter_unknown")
    assert api.post("payment_intents", "K1", **debit(stripe)).status_code == 200


def test_a_key_that_is_in_use_is_a_conflict(stripe, api):
    stripe.mandate()
    stripe.fault("decline", code="idempotency_key_in_use")
    assert error(api.post("payment_intents", "K1", **debit(stripe))) == (409, "idempotency_key_in_use")
    assert stripe.debits("A1") == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": "49"}, "amount_too_small"),
        ({"amount": "1.5"}, "parameter_invalid_integer"),
        ({"amount": "100000000"}, "amount_too_large"),
        ({"amount": "12345", "currency": "kwd"}, "invalid_amount"),
        ({"amount": "12345", "currency": "isk"}, "invalid_amount"),
        ({"currency": ""}, "parameter_missing"),
        ({"payment_method": "pm_nobodys"}, "resource_missing"),
        ({"customer": "cus_nobodys"}, "payment_method_unexpected_state"),
    ],
)
def test_terms_stripe_does_not_take_are_refused(stripe, api, changes, code):
    stripe.mandate()
    assert error(api.post("payment_intents", **debit(stripe, **changes))) == (400, code)
    assert stripe.debits("A1") == 0


def test_a_stranger_and_a_stranger_to_the_account_are_not_let_in(api):
    api.headers["Stripe-Account"] = "acct_other"
    assert error(api.get("payment_intents")) == (403, "account_invalid")
    api.headers["Authorization"] = "Bearer sk_test_other"
    assert api.get("payment_intents").status_code == 401


@pytest.mark.parametrize("path", ["nothing", "payment_intents/pi_nobodys", "checkout/sessions/cs_test_nobodys"])
def test_what_is_not_there_is_not_found(api, path):
    assert api.get(path).status_code == 404


def test_search_is_a_minute_behind(stripe, api):
    stripe.paid()
    reference = stripe.control.get("stripe/debits")["debits"][0]["attempt_id"]
    query = f"metadata['attempt_id']:'{reference}'"
    assert api.get("payment_intents/search", query=query).json()["data"] == []
    stripe.move_clock(stripe.now() + timedelta(minutes=2))
    assert len(api.get("payment_intents/search", query=query).json()["data"]) == 1


def test_wechat_cannot_be_saved(api):
    fields = {"mode": "setup", "success_url": "http://127.0.0.1/", "payment_method_types[0]": "wechat_pay"}
    assert error(api.post("checkout/sessions", **fields)) == (400, "invalid_request_error")


def test_a_method_that_was_detached_is_never_attached_again(stripe, api):
    stripe.mandate()
    used = debit(stripe)
    stripe.user_unsigns(used["payment_method"])
    assert error(api.post("payment_intents", **used)) == (400, "payment_method_unexpected_state")


def test_pages_open_and_carry_no_inline_code(stripe):
    payment = stripe.created(subject="<b>x</b>")
    signing = run(stripe.provider.start_mandate(stripe.mandate_request())).action.url
    bank = stripe.control.press(f"{stripe.created().action.url}/pay", choice="visa_asks")
    base = stripe.sandbox.base_url
    stripe.paid()
    for url in (payment.action.url, signing, f"{base}{bank}", f"{base}/stripe/", f"{base}/control/stripe/"):
        answer = httpx.get(url, trust_env=False)
        assert answer.status_code == 200
        assert not any(mark in answer.text for mark in ("<script", " style=", " onclick=", "<b>x</b>"))


def test_a_page_is_paid_once_however_often_the_button_is_pressed(stripe):
    payment = stripe.created(return_url="http://127.0.0.1:1/back")
    assert stripe.control.press(f"{payment.action.url}/pay") == "http://127.0.0.1:1/back"
    assert stripe.control.press(f"{payment.action.url}/pay") == ""
    assert stripe.debits(payment.merchant_ref) == 1


def test_leaving_the_page_leads_back_and_leaves_it_open(stripe):
    payment = stripe.created(return_url="http://127.0.0.1:1/back")
    assert stripe.control.press(f"{payment.action.url}/cancel") == "http://127.0.0.1:1/back"
    found = run(stripe.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert found.state is PaymentState.REQUIRES_ACTION


@pytest.mark.parametrize("action", ["nonsense", "win", "settle"])
def test_an_action_on_nothing_is_refused(stripe, action):
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        stripe.control.user(action, id="pi_nobodys")


def test_a_nested_form_is_read_as_objects_and_lists():
    text = "a=1&b[c]=2&d[0][e]=3&d[1][e]=4&f[]=5&f[]=6"
    assert form.parse(text) == {"a": "1", "b": {"c": "2"}, "d": [{"e": "3"}, {"e": "4"}], "f": ["5", "6"]}


@pytest.mark.parametrize("text", ["a b=1", "a[=1", "a=1&a[b]=2", "a[b][c][d][e][f][g][h]=1", "[a]=1"])
def test_a_form_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        form.parse(text)
