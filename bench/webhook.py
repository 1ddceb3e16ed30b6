"""A wallet's notice accepted (verified, stored, handed to the broker, answered) against a bare view that inserts a row.

Both run in this process through Django's WSGI handler, ours with all its middleware and the real signature, the bare
view with none. Every notice is a new one, signed before the clock starts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cache
from io import BytesIO
from itertools import count
from types import ModuleType
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import path, set_urlconf
from django.views.decorators.csrf import csrf_exempt

from bench.effort import Effort
from bench.result import Result
from common.clock import now
from payments.models import ProviderEvent
from wallets.models import Provider
from wallets.sandbox.alipay.crypto import Seal as AlipaySeal
from wallets.sandbox.keys import WALLETS, ensure_alipay_keys
from wallets.sandbox.merchant import merchants
from wallets.sandbox.stripe.events import signature
from wallets.sandbox.stripe.merchant import ACCOUNT, webhook_secret
from wallets.sandbox.wechat.crypto import Seal as WeChatSeal
from wallets.sandbox.wechat.merchant import APP_ID, MCH_ID, PLATFORM_SERIAL

NOTICES, ROUNDS = 300, 5  # ours and the bare view in turn, so that a busy moment of the machine touches both
LIMIT = "bare view without middleware that inserts one row by the ORM, same handler, same loop"
FORM, JSON = "application/x-www-form-urlencoded; charset=utf-8", "application/json"
CURRENCIES = {"alipay": "CNY", "wechat": "CNY", "stripe": "USD"}
Signed = tuple[bytes, str, dict[str, str]]

_numbers = count(1)


def run(scale: float = 1.0) -> list[Result]:
    merchants(settings.WALLET_SANDBOX_URL, settings.SECRETS_DIR)
    each = max(20, int(NOTICES * scale))
    # A connection that reaches its age in the middle would take the count of its process's work with it.
    lasting = connection.settings_dict | {"CONN_MAX_AGE": None}
    with override_settings(SANDBOX=True), patch.dict(connection.settings_dict, lasting):
        connection.close()
        return [_measure(key, each) for key in SIGNERS]


def _measure(key: str, each: int) -> Result:
    provider = Provider.objects.create(key=key, name=key, status="vetted", currencies=[CURRENCIES[key]])
    ours, bare = Effort(), Effort()
    ours_handler, bare_handler = WSGIHandler(), _bare_handler(provider)
    for turn in range(-1, ROUNDS):
        if not turn:  # the first turn warmed up
            ours, bare = Effort(), Effort()
        notices = [_call(f"/webhooks/wallets/{key}/", *SIGNERS[key](f"{key}{next(_numbers)}")) for _ in range(each)]
        ours.spend(lambda notices=notices: _send(ours_handler, notices))
        notices = [_call("/bare/", *SIGNERS[key](f"bare{next(_numbers)}")) for _ in range(each)]
        with override_settings(ROOT_URLCONF="bench_bare_urls"):
            set_urlconf(None)
            bare.spend(lambda notices=notices: _send(bare_handler, notices))
        set_urlconf(None)
    stored = ProviderEvent.objects.filter(provider=provider, outcome="received", times_received=1)
    assert stored.count() == 2 * (ROUNDS + 1) * each, "every notice was a new one, and was kept"
    accepted = ROUNDS * each
    notes = {"wallet": key, "cpu_ratio": round(bare.cpu / ours.cpu, 4), "cpu_us": round(ours.cpu / accepted * 1e6)}
    return Result("webhook", accepted, ours.wall, LIMIT, accepted / bare.wall, notes=notes)


def _bare_handler(provider: Provider) -> WSGIHandler:
    @csrf_exempt
    def keep(request: HttpRequest) -> HttpResponse:
        ProviderEvent.objects.create(
            provider_id=provider.pk,
            dedupe_key=f"bare:{next(_numbers)}",
            kind="payment",
            facts={"bytes": len(request.body)},
        )
        return HttpResponse(b"success")

    urls = ModuleType("bench_bare_urls")
    urls.urlpatterns = [path("bare/", keep)]  # type: ignore[attr-defined]
    sys.modules["bench_bare_urls"] = urls
    with override_settings(MIDDLEWARE=[]):
        return WSGIHandler()


def _send(handler: WSGIHandler, calls: list[dict[str, Any]]) -> None:
    for call in calls:
        said: list[str] = []
        response = handler(call, lambda status, headers, said=said: said.append(status))
        b"".join(response)
        response.close()
        assert said[0].startswith("200"), said


def _call(address: str, body: bytes, kind: str, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": address,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }


@cache
def _alipay_seal() -> AlipaySeal:
    """Read once: OpenSSL proves the primes of a key whenever it reads one."""
    files = ensure_alipay_keys(settings.SECRETS_DIR)
    return AlipaySeal(alipay_private=files.alipay_private, merchant_public=files.merchant_public)


@cache
def _wechat_seal() -> WeChatSeal:
    return WeChatSeal(settings.SECRETS_DIR / WALLETS / "wechat")


def _alipay(text: str) -> Signed:
    seal = _alipay_seal()
    about = {"app_id": "2021000000000001", "seller_id": "2088000000000001", "notify_type": "trade_status_sync"}
    said = {"trade_status": "TRADE_SUCCESS", "total_amount": "1.00", "trade_no": text, "out_trade_no": text}
    return urlencode(seal.notify_form({**about, **said, "notify_id": text})).encode(), FORM, {}


def _wechat(text: str) -> Signed:
    seal = _wechat_seal()
    order = {"out_trade_no": text, "transaction_id": text, "trade_state": "SUCCESS", "amount": {"total": 1}}
    hidden = seal.encrypt(json.dumps({"mchid": MCH_ID, "appid": APP_ID, **order}), "transaction")
    resource = {"algorithm": "AEAD_AES_256_GCM", **hidden}
    body = json.dumps({"id": text, "event_type": "TRANSACTION.SUCCESS", "resource": resource})
    moment = str(int(now().timestamp()))
    signed = {
        "wechatpay-timestamp": moment,
        "wechatpay-nonce": "n",
        "wechatpay-serial": PLATFORM_SERIAL,
        "wechatpay-signature": seal.stamp(moment, "n", body),
    }
    return body.encode(), JSON, signed


def _stripe(text: str) -> Signed:
    about = {"id": text, "object": "payment_intent", "status": "succeeded", "amount": 100, "currency": "usd"}
    event = {"id": text, "object": "event", "type": "payment_intent.succeeded", "livemode": False, "account": ACCOUNT}
    body = json.dumps({**event, "data": {"object": {**about, "metadata": {"attempt_id": text}}}}).encode()
    secret = webhook_secret(settings.SECRETS_DIR).read_text()
    return body, JSON, {"stripe-signature": signature(secret, int(now().timestamp()), body)}


SIGNERS: dict[str, Callable[[str], Signed]] = {"alipay": _alipay, "wechat": _wechat, "stripe": _stripe}
