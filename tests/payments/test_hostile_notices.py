"""Every wallet's address on the internet: whatever is thrown at it is refused or ignored, recorded and counted."""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings as django_settings

from common.clock import now
from payments.models import Posting, ProviderEvent
from payments.services import apply_waiting_events
from tests.wallets.conformance.hostile import RUBBISH
from wallets.gateway import adapter
from wallets.models import Provider
from wallets.sandbox.alipay.crypto import Seal as AlipaySeal
from wallets.sandbox.bank.merchant import MERCHANT as BANK_MERCHANT
from wallets.sandbox.bank.world import Seal as BankSeal
from wallets.sandbox.keys import WALLETS, ensure_alipay_keys
from wallets.sandbox.mpesa.merchant import SHORT_CODE
from wallets.sandbox.paypal.authority import ensure_authority
from wallets.sandbox.paypal.merchant import WEBHOOK_ID
from wallets.sandbox.paypal.notifies import CERTIFICATE
from wallets.sandbox.stripe.events import signature
from wallets.sandbox.stripe.merchant import ACCOUNT, webhook_secret
from wallets.sandbox.wechat.crypto import Seal as WeChatSeal
from wallets.sandbox.wechat.merchant import APP_ID, MCH_ID, PLATFORM_SERIAL

JSON, FORM, XML = "application/json", "application/x-www-form-urlencoded", "text/xml"
CALLED = {
    "alipay": "CNY",
    "wechat": "CNY",
    "stripe": "USD",
    "paypal": "USD",
    "mpesa": "KES",
    "mpesa_ratiba": "KES",
    "usdt_eth": "USD",
    "usdt_tron": "USD",
    "bank_gateway": "CNY",
}
# What a text column, a JSON column or a log cannot hold, and what is longer than any of them.
POISON = {
    "a zero byte": "a\x00b",
    "half a pair": "a\ud800b",
    "a long one": "a" * 5_000,
    "digits": "9" * 4_000,
    "a line": "a\r\nb",
    "markup": "<script>'\"",
}


@pytest.fixture
def provider(wallet, request):
    key = request.param
    return Provider.objects.create(key=key, name=key, status="vetted", currencies=[CALLED[key]])


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("payments.tasks.enqueue_event", lambda event_id: None)


def sent(wallet, key: str, body: bytes, *, kind: str = FORM, path: str = "", **headers: str):
    address = path or f"/webhooks/wallets/{key}/"
    return wallet.client.generic("POST", address, body, content_type=kind, headers=headers)


def refused(answer) -> bool:
    return answer.status_code in (400, 413)


every_wallet = pytest.mark.parametrize("provider", CALLED, indirect=True)


@every_wallet
@pytest.mark.parametrize("kind", [FORM, JSON, XML])
def test_rubbish_is_refused_recorded_and_counted(wallet, provider, kind):
    for body in RUBBISH.values():
        answer = sent(wallet, provider.key, body, kind=kind)
        assert refused(answer), (answer.status_code, body[:40])
    # What is too large to be read is kept like a call without a body, which is among these too.
    small = {body for body in RUBBISH.values() if len(body) <= 256 * 1024}
    kept = ProviderEvent.objects.filter(provider=provider)
    assert sum(kept.filter(kind="refusals").values_list("times_received", flat=True)) == len(RUBBISH)
    assert kept.filter(kind="refused").count() == len(small)
    assert not kept.exclude(kind__in=("refused", "refusals")).exists() and not Posting.objects.exists()


@every_wallet
def test_headers_that_look_like_a_signature_help_nobody(wallet, provider):
    names = {
        "stripe-signature": "t=1,v1=00",
        "wechatpay-signature": "WECHATPAY/SIGNTEST/x",
        "wechatpay-timestamp": "٣",
        "wechatpay-nonce": "n",
        "wechatpay-serial": PLATFORM_SERIAL,
        "paypal-transmission-sig": "x",
        "paypal-transmission-time": now().isoformat(),
        "paypal-transmission-id": "x",
        "paypal-cert-url": "https://example.com/v1/notifications/certs/CERT-00000000",
    }
    for body in RUBBISH.values():
        assert refused(sent(wallet, provider.key, body, kind=JSON, **names))
    assert not ProviderEvent.objects.exclude(kind__in=("refused", "refusals")).exists()


@pytest.mark.parametrize("provider", ["alipay"], indirect=True)
@pytest.mark.parametrize("length", ["²", "-1", "1e9", "9" * 5_000, "0x10", " "])
def test_a_length_that_is_none_is_refused(wallet, provider, length):
    answer = wallet.client.generic(
        "POST", "/webhooks/wallets/alipay/", b"a=1", content_type=FORM, CONTENT_LENGTH=length
    )
    assert answer.status_code == 413
    assert ProviderEvent.objects.get(kind="refusals").times_received == 1


Write = Callable[[dict[str, Any]], str]


def _alipay(wallet, provider: Provider, text: str, write: Write = json.dumps):
    files = ensure_alipay_keys(django_settings.SECRETS_DIR)
    seal = AlipaySeal(alipay_private=files.alipay_private, merchant_public=files.merchant_public)
    common = {"app_id": "2021000000000001", "seller_id": "2088000000000001", "notify_type": "trade_status_sync"}
    said = {"trade_status": "TRADE_SUCCESS", "total_amount": "1.00", "trade_no": text, "out_trade_no": text}
    # A form holds texts only; what was written as a number is the text of it.
    form = json.loads(write({**common, **said, "notify_id": text}), parse_constant=str, parse_float=str, parse_int=str)
    return sent(wallet, "alipay", urlencode(seal.notify_form(form)).encode())


def _stripe(wallet, provider: Provider, text: str, write: Write = json.dumps):
    about = {"id": text, "object": "payment_intent", "status": "succeeded", "amount": 100, "currency": "usd"}
    event = {"id": text, "object": "event", "type": "payment_intent.succeeded", "livemode": False, "account": ACCOUNT}
    body = write({**event, "data": {"object": {**about, "metadata": {"attempt_id": text}}}}).encode()
    secret = webhook_secret(django_settings.SECRETS_DIR).read_text()
    signed = {"stripe-signature": signature(secret, int(now().timestamp()), body)}
    return sent(wallet, "stripe", body, kind=JSON, **signed)


def _wechat(wallet, provider: Provider, text: str, write: Write = json.dumps):
    seal = WeChatSeal(django_settings.SECRETS_DIR / WALLETS / "wechat")
    order = {"out_trade_no": text, "transaction_id": text, "trade_state": "SUCCESS"}
    amounts = {"total": 1, "payer_total": 1, "currency": "CNY", "payer_currency": "CNY"}
    told = {"mchid": MCH_ID, "appid": APP_ID, **order, "amount": amounts}
    hidden = seal.encrypt(write(told), "transaction")
    resource = {"algorithm": "AEAD_AES_256_GCM", **hidden}
    body = json.dumps({"id": text, "event_type": "TRANSACTION.SUCCESS", "resource": resource})
    moment = str(int(now().timestamp()))
    signed = {
        "wechatpay-timestamp": moment,
        "wechatpay-nonce": "n",
        "wechatpay-serial": PLATFORM_SERIAL,
        "wechatpay-signature": seal.stamp(moment, "n", body),
    }
    return sent(wallet, "wechat", body.encode(), kind=JSON, **signed)


def _paypal(wallet, provider: Provider, text: str, write: Write = json.dumps):
    authority = ensure_authority(django_settings.SECRETS_DIR)
    resource = {"id": text, "status": "COMPLETED", "invoice_id": text, "amount": {"currency_code": "USD", "value": "1"}}
    event = {"id": text, "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": resource}
    body, moment, number = write(event).encode(), now().strftime("%Y-%m-%dT%H:%M:%SZ"), str(uuid.uuid4())
    said = f"{number}|{moment}|{WEBHOOK_ID}|{zlib.crc32(body)}".encode()
    key = load_pem_private_key(authority.private.read_bytes(), None)
    signed = {
        "paypal-transmission-id": number,
        "paypal-transmission-time": moment,
        "paypal-transmission-sig": base64.b64encode(key.sign(said, PKCS1v15(), SHA256())).decode(),
        "paypal-cert-url": f"{django_settings.WALLET_SANDBOX_URL}/paypal/v1/notifications/certs/{CERTIFICATE}",
        "paypal-auth-algo": "SHA256withRSA",
    }
    return sent(wallet, "paypal", body, kind=JSON, **signed)


def _mpesa(wallet, provider: Provider, text: str, write: Write = json.dumps):
    doors = adapter(provider)._doors
    address = doors.address("/webhooks/wallets/mpesa", "c2b", SHORT_CODE)
    paid = {"TransID": text, "TransAmount": "1.00", "BusinessShortCode": SHORT_CODE, "BillRefNumber": text}
    return sent(wallet, "mpesa", write(paid).encode(), kind=JSON, path=address)


def _bank(wallet, provider: Provider, text: str, write: Write = json.dumps):
    moment = now().astimezone(adapter(provider)._channel.record.zone).strftime("%Y%m%d%H%M%S")
    paid = {"mchntCd": BANK_MERCHANT, "ordNo": text, "txnAmt": "100", "currency": "CNY", "state": "PAID"}
    told = {**paid, "bank_order_no": text, "notice_id": text, "timestamp": moment}
    # It signs texts; the same number then stands in the body without quotes, where it has the same text.
    texts = json.loads(write(told), parse_constant=str, parse_float=str, parse_int=str)
    sign = BankSeal(django_settings.SECRETS_DIR).signed(texts, forged=False)["sign"]
    return sent(wallet, "bank_gateway", write({**told, "sign": sign}).encode(), kind=JSON)


SIGNED: dict[str, Callable] = {
    "alipay": _alipay,
    "stripe": _stripe,
    "wechat": _wechat,
    "paypal": _paypal,
    "mpesa": _mpesa,
    "bank_gateway": _bank,
}


@pytest.mark.parametrize("provider", SIGNED, indirect=True)
def test_the_signed_notices_of_these_tests_are_genuine(wallet, provider):
    """Otherwise the next test would prove nothing."""
    answer = SIGNED[provider.key](wallet, provider, "ABC123")
    assert answer.status_code == 200, answer.content
    assert ProviderEvent.objects.get(provider=provider).outcome == "received"


@pytest.mark.parametrize("provider", SIGNED, indirect=True)
@pytest.mark.parametrize("text", POISON.values(), ids=POISON)
def test_texts_no_wallet_would_send_are_no_error_even_under_a_genuine_signature(wallet, provider, text):
    try:
        answer = SIGNED[provider.key](wallet, provider, text)
    except UnicodeEncodeError:
        pytest.skip("this wallet's format cannot carry it")
    assert answer.status_code in (200, 400)
    assert ProviderEvent.objects.filter(provider=provider).exists()
    apply_waiting_events()
    assert not Posting.objects.exists()


@pytest.mark.parametrize("provider", SIGNED, indirect=True)
def test_a_repeated_number_is_counted_and_stored_once(wallet, provider):
    for _time in range(3):
        assert SIGNED[provider.key](wallet, provider, "ABC123").status_code == 200
    assert ProviderEvent.objects.get(provider=provider).times_received == 3


# Valid for many readers of JSON, and nothing that a column of JSON or an amount could hold.
NUMBERS = ["1e400", "-1e400", "Infinity", "-Infinity", "NaN", "9" * 5_000, "1.5e-400"]


@dataclass
class Spoilt:
    """Writes a message with `literal` in place of its leaf number `place`."""

    place: int
    literal: str
    path: tuple[str, ...] = field(default=(), init=False)

    def __call__(self, message: dict[str, Any]) -> str:
        paths = list(leaves(message))
        self.path = paths[self.place % len(paths)]
        marked = json.dumps(with_leaf(message, self.path, "@@"))
        return marked.replace('"@@"', self.literal)


def leaves(value: Any, path: tuple[str, ...] = ()):
    if not isinstance(value, dict):
        yield path
        return
    for name, inner in value.items():
        if name != "sign":
            yield from leaves(inner, (*path, name))


def with_leaf(value: dict[str, Any], path: tuple[str, ...], leaf: str) -> dict[str, Any]:
    name, *rest = path
    return {**value, name: with_leaf(value[name], tuple(rest), leaf) if rest else leaf}


@pytest.mark.parametrize("provider", SIGNED, indirect=True)
@pytest.mark.parametrize("literal", NUMBERS, ids=lambda text: text[:12])
def test_a_number_that_is_none_is_no_error_wherever_a_genuine_notice_carries_it(wallet, provider, literal):
    seen, refusals = set(), 0
    for place in range(16):
        spoilt = Spoilt(place, literal)
        answer = SIGNED[provider.key](wallet, provider, f"ABC{place}", spoilt)
        seen.add(spoilt.path)
        refusals += answer.status_code == 400
        assert answer.status_code in (200, 400), (spoilt.path, answer.status_code)
    assert len(seen) >= 4
    kept = ProviderEvent.objects.filter(provider=provider, kind="refusals")
    assert sum(kept.values_list("times_received", flat=True)) == refusals > 0
    apply_waiting_events()
    assert not Posting.objects.exists()
