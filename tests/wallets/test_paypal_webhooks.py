"""PayPal's webhooks: the signature, the certificate's chain and name, and where it may come from."""

import functools
import json
import zlib
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key

from common.http import HttpResponse, OutcomeUnknown, run
from tests.wallets.paypal_fixtures import paypal, paypal_sandbox
from wallets.providers.base import Claim, EventKind, HttpIn, InvalidWebhook, MandateState
from wallets.providers.paypal import certificates
from wallets.providers.paypal.certificates import CertificateCache, Certificates
from wallets.providers.paypal.signing import is_genuine, signed_text
from wallets.providers.paypal.webhooks import Webhooks
from wallets.sandbox.keys import stranger
from wallets.sandbox.paypal.authority import _root, issue

__all__ = ["paypal", "paypal_sandbox"]

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "paypal" / "webhook_signature_offline.json"
BASE, HOST, HOOK, OURS = "https://api.paypal.com/v1/notifications/certs/", "certs.example.com", "8PT5HOOK", "MERCHANT1"
NAME = "CERT-12345678-abcdef"


@pytest.fixture(scope="module")
def vectors():
    if not VECTORS.exists():
        pytest.skip("the shared vectors are not on this machine")
    return json.loads(VECTORS.read_text())


@pytest.fixture(scope="module")
def authority():
    key = rsa.generate_private_key(65537, 2048)
    return key, _root(key)


@pytest.fixture
def cache(monkeypatch):
    fresh = CertificateCache()
    monkeypatch.setattr(certificates, "CACHE", fresh)
    return fresh


@functools.cache
def leaf_key():
    return rsa.generate_private_key(65537, 2048)


def certificate(authority, host=HOST):
    root_key, root = authority
    key = leaf_key()
    return key, issue(root_key, root, key.public_key(), host).public_bytes(Encoding.PEM)


def webhooks(authority, **changes):
    certs = Certificates(base=BASE, host=HOST, roots=authority[1].public_bytes(Encoding.PEM))
    parts = {"certificates": certs, "webhook_id": HOOK, "merchant_id": OURS, "now": lambda: datetime.now(UTC)}
    return Webhooks(**{**parts, **changes})


def event(**resource):
    capture = {
        "id": "2GG279541U471931P",
        "status": "COMPLETED",
        "invoice_id": "attempt-1",
        "amount": {"currency_code": "USD", "value": "12.34"},
        **resource,
    }
    return {"id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": capture}


def signed(key, content, *, sent=None, url=f"{BASE}{NAME}"):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    stamp = (sent or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"T1|{stamp}|{HOOK}|{zlib.crc32(body)}".encode()
    headers = {
        "paypal-transmission-id": "T1",
        "paypal-transmission-time": stamp,
        "paypal-transmission-sig": b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode(),
        "paypal-cert-url": url,
        "paypal-auth-algo": "SHA256withRSA",
    }
    return HttpIn(method="POST", path="/", body=body, headers=headers)


@pytest.fixture
def genuine(authority, cache):
    key, pem = certificate(authority)
    cache.put(f"{BASE}{NAME}", pem)
    return key


def vector_headers(case):
    sent = {f"paypal-transmission-{name}": case[f"transmission_{name}"] for name in ("id", "time", "sig")}
    return {**sent, "paypal-auth-algo": "SHA256withRSA"}


# The signature, against PayPal's own


def test_published_signatures_of_paypal_verify(vectors):
    key = load_pem_public_key(vectors["public_key_pem"].encode())
    assert vectors["cases"]
    for case in vectors["cases"]:
        body, headers = case["raw_body"].encode(), vector_headers(case)
        assert signed_text(headers, body, case["webhook_id"]).decode().endswith(f"|{case['crc32_decimal']}")
        assert is_genuine(key, headers, body, webhook_id=case["webhook_id"])


def test_published_signatures_fail_once_anything_is_changed(vectors):
    key, case = load_pem_public_key(vectors["public_key_pem"].encode()), vectors["cases"][0]
    headers, body, hook = vector_headers(case), case["raw_body"].encode(), case["webhook_id"]
    assert not is_genuine(key, headers, body + b" ", webhook_id=hook)
    assert not is_genuine(key, headers, json.dumps(json.loads(body)).encode(), webhook_id=hook)
    assert not is_genuine(key, headers, body, webhook_id=vectors["cases"][1]["webhook_id"])
    assert not is_genuine(key, {**headers, "paypal-auth-algo": "SHA1withRSA"}, body, webhook_id=hook)
    for name in ("id", "time", "sig"):
        changed = {**headers, f"paypal-transmission-{name}": "x" + headers[f"paypal-transmission-{name}"]}
        assert not is_genuine(key, changed, body, webhook_id=hook)


# The certificate


def test_a_webhook_by_a_trusted_certificate_is_read(authority, genuine):
    (found,) = webhooks(authority).events(signed(genuine, event()))
    assert (found.kind, found.payment.merchant_ref, found.dedupe_key) == (EventKind.PAYMENT, "attempt-1", "WH-1")


def test_a_certificate_of_another_name_is_refused(authority, cache):
    key, pem = certificate(authority, "other.example.com")
    cache.put(f"{BASE}{NAME}", pem)
    with pytest.raises(InvalidWebhook, match="not one we trust"):
        webhooks(authority).events(signed(key, event()))


def test_a_certificate_by_another_authority_is_refused(authority, cache):
    key, pem = certificate((stranger(), _root(stranger())))
    cache.put(f"{BASE}{NAME}", pem)
    with pytest.raises(InvalidWebhook, match="not one we trust"):
        webhooks(authority).events(signed(key, event()))


def test_a_certificate_that_has_run_out_is_refused(authority, genuine):
    later = datetime.now(UTC) + timedelta(days=365 * 31)
    with pytest.raises(InvalidWebhook, match="not one we trust"):
        webhooks(authority, now=lambda: later).events(signed(genuine, event(), sent=later))


@pytest.mark.parametrize("pem", [b"rubbish", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused_and_nothing_worse(authority, cache, pem):
    cache.put(f"{BASE}{NAME}", pem)
    with pytest.raises(InvalidWebhook):
        webhooks(authority).events(signed(stranger(), event()))


@pytest.mark.parametrize(
    "url",
    [
        "",
        f"http://api.paypal.com/v1/notifications/certs/{NAME}",
        f"https://evil.example.com/v1/notifications/certs/{NAME}",
        f"https://api.paypal.com.evil.example.com/v1/notifications/certs/{NAME}",
        f"https://api.paypal.com@evil.example.com/v1/notifications/certs/{NAME}",
        f"{BASE}../../{NAME}",
        f"{BASE}{NAME}?x=1",
        f"{BASE}{NAME}/../../x",
        f"{BASE}CERT-",
        f"{BASE}{'CERT-' + 'a' * 500}",
        f"{BASE}{NAME}\n",
    ],
)
def test_a_certificate_from_elsewhere_is_neither_fetched_nor_trusted(authority, cache, url):
    key = stranger()
    call = signed(key, event(), url=url)
    assert webhooks(authority).prepare(call) is None
    with pytest.raises(InvalidWebhook):
        webhooks(authority).events(call)


def test_settings_cannot_move_the_certificates_of_the_real_paypal(paypal, cache):
    moved = paypal.built(api_url="https://api-m.paypal.com", certificates_url="https://evil.example.com")
    places = {"https://evil.example.com": False, "https://api.paypal.com": True}
    for place, fetched in places.items():
        call = signed(stranger(), event(), url=f"{place}/v1/notifications/certs/{NAME}")
        assert (moved.prepare_webhook(call) is not None) is fetched


def test_a_certificate_is_fetched_once_and_only_for_a_plausible_call(authority, cache):
    key, pem = certificate(authority)
    hooks, call = webhooks(authority), signed(key, event())
    assert hooks.prepare(replace(call, body=b"x" * 300_000)) is None
    assert hooks.prepare(replace(call, headers={"paypal-cert-url": f"{BASE}{NAME}"})) is None
    operation = hooks.prepare(call)
    request = next(operation)
    assert (request.url, request.method) == (f"{BASE}{NAME}", "GET")
    with pytest.raises(StopIteration):
        operation.send(HttpResponse(status=200, body=pem))
    assert hooks.prepare(call) is None
    assert hooks.events(call)[0].payment.merchant_ref == "attempt-1"


def test_an_unreachable_certificate_is_no_verdict_on_the_webhook(authority, cache):
    operation = webhooks(authority).prepare(signed(stranger(), event()))
    next(operation)
    with pytest.raises(OutcomeUnknown):
        operation.send(HttpResponse(status=503))


def test_a_flood_of_invented_certificates_does_not_become_a_flood_of_fetches(authority, cache):
    key, hooks = stranger(), webhooks(authority)
    calls = [signed(key, event(), url=f"{BASE}CERT-0000000{number:02d}") for number in range(50)]
    assert sum(hooks.prepare(call) is not None for call in calls) == certificates.FETCHES_PER_MINUTE


# What it says


@pytest.mark.parametrize("age", [timedelta(days=4), timedelta(days=365 * 5), -timedelta(minutes=6)])
def test_a_genuine_call_that_somebody_kept_is_refused(authority, genuine, age):
    with pytest.raises(InvalidWebhook, match="older"):
        webhooks(authority).events(signed(genuine, event(), sent=datetime.now(UTC) - age))


def test_the_last_of_three_days_of_deliveries_is_still_heard(authority, genuine):
    sent = datetime.now(UTC) - timedelta(days=3)
    assert webhooks(authority).events(signed(genuine, event(), sent=sent))


def test_a_stale_delivery_of_the_simulator_is_refused_and_the_next_one_heard(paypal):
    paypal.fault("stale")
    paid = paypal.paid()
    first = paypal.receiver.wait()[0]
    paypal.receiver.answer = paypal.provider.webhook_reply(True)
    with pytest.raises(InvalidWebhook):
        paypal.parse(first)
    assert paid.state == "succeeded"


def test_a_genuine_webhook_for_another_payee_of_the_application_is_refused(authority, genuine):
    order = {
        "id": "O1",
        "status": "APPROVED",
        "purchase_units": [
            {"invoice_id": "a", "payee": {"merchant_id": "SOMEBODY"}, "amount": event()["resource"]["amount"]}
        ],
    }
    content = {"id": "WH-2", "event_type": "CHECKOUT.ORDER.APPROVED", "resource": order}
    with pytest.raises(InvalidWebhook, match="another merchant"):
        webhooks(authority).events(signed(genuine, content))


def test_a_payment_without_our_number_is_somebody_elses_business(authority, genuine):
    (found,) = webhooks(authority).events(signed(genuine, event(invoice_id="")))
    assert (found.kind, found.payment) == (EventKind.OTHER, None)


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"{}",
        b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}',
        b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{"amount":{"currency_code":"USD","value":7}}}',
        b'{"id":"WH-1","event_type":"CHECKOUT.ORDER.APPROVED","resource":{"purchase_units":[]}}',
        b'{"id":"WH-1","event_type":"VAULT.PAYMENT-TOKEN.DELETED","resource":{}}',
        b"[" * 100_000,
    ],
)
def test_a_genuine_signature_over_nonsense_is_invalid_and_nothing_worse(authority, genuine, content):
    with pytest.raises(InvalidWebhook):
        webhooks(authority).events(signed(genuine, content))


def test_an_event_nobody_translated_is_kept_as_other(authority, genuine):
    content = {"id": "WH-3", "event_type": "BRAND.NEW.EVENT", "resource": {"id": "X", "payer": {"email": "a@b.c"}}}
    (found,) = webhooks(authority).events(signed(genuine, content))
    assert (found.kind, found.facts) == (EventKind.OTHER, {"event_type": "BRAND.NEW.EVENT", "id": "X"})


def test_no_name_or_address_of_the_payer_is_kept(paypal):
    paypal.register("nothing")
    paid = paypal.paid()
    events = [
        one for _, one in paypal.said(lambda one: one.payment and one.payment.merchant_ref == paid.merchant_ref, 2)
    ]
    assert "payer@example.test" not in repr([one.facts for one in events])


def test_two_news_of_one_payment_are_two_events(authority, genuine):
    hooks, news = webhooks(authority), []
    for number, status in enumerate(("PENDING", "COMPLETED")):
        content = {**event(status=status), "id": f"WH-{number}", "event_type": f"PAYMENT.CAPTURE.{status}"}
        news += hooks.events(signed(genuine, content))
    assert [one.payment.state.value for one in news] == ["pending", "succeeded"]
    assert len({one.dedupe_key for one in news}) == 2


def test_a_removed_wallet_ends_the_mandate_without_a_question(paypal):
    mandate = paypal.mandate()
    paypal.user_unsigns(mandate.mandate_ref)
    ((_, ended),) = paypal.said(lambda one: one.mandate and one.mandate.state is MandateState.REVOKED)
    assert (ended.confirm_first, ended.mandate.merchant_ref) == (False, mandate.merchant_ref)


def test_the_simulators_certificate_is_fetched_from_its_own_address(paypal, cache):
    paypal.paid()
    call = paypal.receiver.wait()[0]
    with pytest.raises(InvalidWebhook):
        paypal.provider.parse_webhook(call)
    run(paypal.provider.prepare_webhook(call))
    assert paypal.provider.parse_webhook(call)
    leaf = x509.load_pem_x509_certificates(cache.get(call.headers["paypal-cert-url"]))[0]
    assert "sandbox.test" in leaf.subject.rfc4514_string()


# Disputes


def dispute(*transactions, kind="CREATED"):
    resource = {"dispute_id": "PP-D-1", "dispute_state": "OPEN_INQUIRIES", "disputed_transactions": list(transactions)}
    return {"id": "WH-1", "event_type": f"CUSTOMER.DISPUTE.{kind}", "resource": resource}


def test_a_dispute_about_two_payments_is_told_of_each(authority, genuine):
    first, second = ({"seller_transaction_id": f"T{one}", "invoice_number": f"attempt-{one}"} for one in (1, 2))
    events = webhooks(authority).events(signed(genuine, dispute(first, second)))
    assert [event.payment.merchant_ref for event in events] == ["attempt-1", "attempt-2"]
    assert [event.facts["seller_transaction_id"] for event in events] == ["T1", "T2"]
    assert len({event.dedupe_key for event in events}) == 2


@pytest.mark.parametrize("about", [(), ({"seller_transaction_id": "T1"},), ({"invoice_number": 7},), ("rubbish",)])
def test_a_dispute_that_names_no_payment_of_ours_is_still_a_claim(authority, genuine, about):
    (event,) = webhooks(authority).events(signed(genuine, dispute(*about)))
    assert (event.kind, event.payment.merchant_ref, event.claim) == (EventKind.PAYMENT, "", Claim.OPEN)


def test_a_dispute_of_another_seller_is_refused(authority, genuine):
    theirs = {"invoice_number": "attempt-1", "seller": {"merchant_id": "SOMEBODY"}}
    with pytest.raises(InvalidWebhook, match="another merchant"):
        webhooks(authority).events(signed(genuine, dispute(theirs)))
    ours = {"invoice_number": "attempt-1", "seller": {"merchant_id": OURS}}
    assert webhooks(authority).events(signed(genuine, dispute(ours)))
