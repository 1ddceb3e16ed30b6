"""Look-ups signed, sent and verified at each simulated wallet, against a bare pooled client that repeats their bytes.

The simulators have a process and, where there are two, a core of their own. Rates count the client's CPU time: what one
core can do, whatever else the machine is busy with.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.conf import settings
from django.test.utils import override_settings

from bench.result import Result
from common import http
from common.http import HttpRequest, HttpResponse, Operation
from common.http.transport import send
from common.money import Money
from wallets.providers import registry
from wallets.providers.base import (
    Capability,
    PaymentRequest,
    PaymentResult,
    PaymentState,
    ProviderConfig,
    WalletProvider,
)

EXCHANGES = 1_000
LEAST = 50
ROUNDS = 10  # provider and bare client in turn, so that a busy moment of the machine touches both
WARM_UP = 20
# What each wallet is asked about: its currency, and a payer where a prompt needs one.
CURRENCIES = {
    "alipay": "CNY",
    "bank_gateway": "CNY",
    "mpesa": "KES",
    "mpesa_ratiba": "KES",
    "paypal": "USD",
    "stripe": "USD",
    "usdt_eth": "USD",
    "usdt_tron": "USD",
    "wechat": "CNY",
}
# They sign each question and check each answer with RSA of 2048 bits: what no code of ours can make shorter.
SIGN_WITH_RSA = frozenset({"alipay", "bank_gateway", "wechat"})
PAYER = "+254708374149"
LIMIT = "bare pooled httpx client repeating the same bytes, per second of its own CPU time"
CLIENT_CORE, WALLET_CORE = 0, 1
# What an adapter remembers between calls is not what is measured.
CACHE = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@dataclass
class Times:
    cpu: float = 0.0
    wall: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu += time.process_time() - cpu
        self.wall += time.perf_counter() - wall


def run(scale: float = 1.0) -> list[Result]:
    number = max(LEAST, int(EXCHANGES * scale)) // ROUNDS
    with _wallets() as url, _core(CLIENT_CORE), override_settings(CACHES=CACHE):
        return [_measure(key, url, number) for key in _keys(url)]


def _keys(url: str) -> list[str]:
    from wallets.sandbox.merchant import merchants

    known = merchants(url, settings.SECRETS_DIR)
    return [key for key in registry.available() if key in known and key in CURRENCIES]


def _measure(key: str, url: str, number: int) -> Result:
    provider, payment = _paid_at(key, url)

    def ask() -> Operation[PaymentResult]:
        return provider.get_payment(payment.merchant_ref, payment.provider_ref)

    state = http.run(ask()).state
    recorded = _recorded(ask())
    requests = [request for request, _answer in recorded]
    # The bare client sends what a request costs nobody to make: bytes that were signed before.
    bare = [(request.method, request.url, dict(request.headers), request.body or None) for request in requests]
    ours, theirs = Times(), Times()
    with httpx.Client(trust_env=False) as client:
        _repeat(WARM_UP, lambda: http.run(ask()))
        _repeat(WARM_UP, lambda: _exchange(client, bare))
        _refuse_another_exchange(key, [answer for _request, answer in recorded], _exchange(client, bare))
        for _ in range(ROUNDS):
            with ours.running():
                _repeat(number, lambda: http.run(ask()))
            with theirs.running():
                _repeat(number, lambda: _exchange(client, bare))
    total = number * ROUNDS
    notes = {
        "provider": key,
        "requests_each": len(bare),
        "wall_rate": round(total / ours.wall),
        "wall_ratio": round(theirs.wall / ours.wall, 4),
        "state": state,
        "cpu_us": _microseconds(ours.cpu, total),
        "cpu_us_bare": _microseconds(theirs.cpu, total),
        "cpu_us_without_wire": _without_wire(ask, [answer for _request, answer in recorded], total),
        "cpu_us_of_rsa": _rsa(total) if key in SIGN_WITH_RSA else 0,
    }
    return Result("wallets", total, ours.cpu, LIMIT, total / theirs.cpu, notes=notes)


def _paid_at(key: str, url: str) -> tuple[WalletProvider, PaymentResult]:
    """The provider as the product would build it, and a payment it can look up; where the payer's wallet pays by
    itself, one that has not come yet."""
    from wallets.sandbox.merchant import merchants

    merchant = merchants(url, settings.SECRETS_DIR)[key]
    config = ProviderConfig(
        key=key,
        options=merchant.options,
        secrets=merchant.secrets,
        secrets_dir=Path(settings.SECRETS_DIR),
        currencies=merchant.currencies,
    )
    provider: Any = registry.build(key, config)
    reference = provider.merchant_ref("bench")
    if not provider.descriptor.can(Capability.ONE_OFF):
        http.run(provider.register_addresses("http://127.0.0.1:9/"))
        return provider, PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=reference)
    request = PaymentRequest(
        merchant_ref=reference,
        amount=Money(100_000, CURRENCIES[key]),
        subject="Bench",
        notify_url="http://127.0.0.1:9/",
        return_url="http://127.0.0.1:9/",
        payer_hint=PAYER if key == "mpesa" else "",
        client_ip="127.0.0.1",
    )
    payment = http.run(provider.create_payment(request))
    if payment.action and payment.action.url:
        httpx.get(payment.action.url, follow_redirects=True, trust_env=False)
    return provider, payment


def _recorded(operation: Operation[Any]) -> list[tuple[HttpRequest, HttpResponse]]:
    """The requests of one operation and their answers, performed on the way."""
    recorded: list[tuple[HttpRequest, HttpResponse]] = []
    try:
        step = next(operation)
        while True:
            if not isinstance(step, HttpRequest):
                raise TypeError("a bare client cannot repeat what an SDK sends by itself")
            answer = send(step)
            recorded.append((step, answer))
            step = operation.send(answer)
    except StopIteration:
        return recorded


def _exchange(
    client: httpx.Client, requests: list[tuple[str, str, dict[str, str], bytes | None]]
) -> list[httpx.Response]:
    return [client.request(method, url, headers=headers, content=body) for method, url, headers, body in requests]


def _refuse_another_exchange(key: str, ours: list[HttpResponse], theirs: list[httpx.Response]) -> None:
    """A wallet that turned the repeated bytes down would have less to do than one that answers."""
    for our, their in zip(ours, theirs, strict=True):
        if our.status != their.status_code or abs(len(our.body) - len(their.content)) > len(our.body) // 10:
            raise RuntimeError(f"{key}: the bare client is answered otherwise than ours: {their.status_code}.")


def _without_wire(ask: Callable[[], Operation[Any]], answers: list[HttpResponse], number: int) -> int:
    """Building, signing, verifying and reading alone: the same operation, handed answers that came before."""
    times = Times()
    with times.running():
        _repeat(number, lambda: _handed(ask(), answers))
    return _microseconds(times.cpu, number)


def _handed(operation: Operation[Any], answers: list[HttpResponse]) -> None:
    try:
        next(operation)
        for answer in answers:
            operation.send(answer)
    except StopIteration:
        return


def _rsa(number: int) -> int:
    """One signature and one verification, bare."""
    key, content, scheme = rsa.generate_private_key(65_537, 2_048), b"x" * 400, padding.PKCS1v15()
    public, digest = key.public_key(), hashes.SHA256()
    times = Times()
    with times.running():
        _repeat(number, lambda: public.verify(key.sign(content, scheme, digest), content, scheme, digest))
    return _microseconds(times.cpu, number)


def _microseconds(seconds: float, number: int) -> int:
    return round(seconds / number * 1_000_000)


def _repeat(number: int, work: Callable[[], object]) -> None:
    for _ in range(number):
        work()


@contextmanager
def _core(number: int) -> Iterator[None]:
    """This process on one core; where the system cannot do that, or has only one, nothing changes."""
    able: set[int] = getattr(os, "sched_getaffinity", lambda _: set())(0)
    if len(able) < 2:
        yield
        return
    os.sched_setaffinity(0, {sorted(able)[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, able)


@contextmanager
def _wallets() -> Iterator[str]:
    """The simulators in a process of their own; yields their address."""
    ours, theirs = multiprocessing.Pipe()
    fresh = multiprocessing.get_context("spawn")
    process = fresh.Process(target=_serve, args=(theirs, str(settings.SECRETS_DIR)), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(parent: Connection, secrets_dir: str) -> None:
    import django

    django.setup()
    from wallets.sandbox.app import make_sandbox
    from wallets.sandbox.server import SandboxServer

    with _core(WALLET_CORE):
        server = SandboxServer(make_sandbox(secrets_dir=Path(secrets_dir)).application)
        threading.Thread(target=parent.send, args=(server.base_url,)).start()
        server.serve_forever()
