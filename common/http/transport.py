"""Sending one request over pooled connections: timeouts, size cap, no redirects, errors told apart, redacted logs.

On pools of our own (`blocking`, and `pool` for hundreds at a time on an event loop): without cookies, redirects,
decoding and hooks a call takes a third of the time it takes with a client for everything.
"""

import asyncio
import os
import re
import ssl
import time
import weakref
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import structlog
from django.conf import settings

from common.http.blocking import BlockingPool
from common.http.errors import NotSent, OutcomeUnknown
from common.http.messages import HttpRequest, HttpResponse
from common.http.pool import Origin, Pool
from common.http.reader import ResponseReader

logger = structlog.get_logger(__name__)

OWN_HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "collections-platform"}
OURS_ALONE = frozenset({"host", "content-length"})
DEFAULT_PORTS = {b"http": 80, b"https": 443}
BREAKS = re.compile(r"[\r\n\0]")
WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE"})
OUTCOMES: dict[type[BaseException], str] = {NotSent: "not_sent", OutcomeUnknown: "unknown"}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SANDBOX_SETTINGS = ("WALLET_SANDBOX_URL", "MESSAGE_SANDBOX_URL", "PUBLIC_URL")
# An address that needs no escaping is sent as it stands; then only its origin, of which there are few, is read closely.
PLAIN = re.compile(
    r"(https?://[^/?#]+)((?:/(?!\.)[\w.~:@!$&()*+,;=-]*)*)(\?(?:[\w.~/:@!$&()*+,;=?-]|%[0-9A-Fa-f]{2})*)?", re.ASCII
)


class Address(NamedTuple):
    """As it goes over the wire; `port` is `None` where the address names none."""

    scheme: bytes
    host: bytes
    port: int | None
    target: bytes


_async_clients: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pool]" = weakref.WeakKeyDictionary()


@lru_cache(maxsize=1)
def blocking_client() -> BlockingPool:
    return BlockingPool(_trust)


# Two processes must never read each other's answers from one socket.
os.register_at_fork(after_in_child=blocking_client.cache_clear)


def async_client() -> Pool:
    """One pool per event loop: connections cannot move between loops."""
    loop = asyncio.get_running_loop()
    client = _async_clients.get(loop)
    if client is None:
        client = _async_clients[loop] = Pool(_trust)
    return client


async def close_async_client() -> None:
    """Close the running loop's pool; call before the loop ends."""
    client = _async_clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


def send(request: HttpRequest) -> HttpResponse:
    with _Watched(request):
        origin, content, reader = _prepared(request)
        return _answer(blocking_client().ask(origin, content, reader, request.deadline_seconds))


async def asend(request: HttpRequest) -> HttpResponse:
    with _Watched(request):
        origin, content, reader = _prepared(request)
        return _answer(await async_client().ask(origin, content, reader, request.deadline_seconds))


def _prepared(request: HttpRequest) -> tuple[Origin, bytes, ResponseReader]:
    try:
        url = address(request.url)
    except httpx.InvalidURL as error:
        raise NotSent("The address is none we can send to. Nothing was sent.", purpose=request.purpose) from error
    origin, host = _origin_of(url.scheme, url.host, url.port)
    _refuse_outside_sandbox(origin)
    reader = ResponseReader(max_bytes=request.max_bytes, head_only=request.method == "HEAD")
    return origin, _written(request, url.target, host), reader


def _answer(read: ResponseReader) -> HttpResponse:
    _refuse_compressed(read.headers)
    return HttpResponse(status=read.status, headers=read.headers, body=read.body)


@lru_cache(maxsize=256)
def _origin_of(scheme: bytes, host: bytes, port: int | None) -> tuple[Origin, bytes]:
    """Where to connect, and the host as it is written in the request."""
    if scheme not in DEFAULT_PORTS or not host:
        raise NotSent("The address is none we can send to. Nothing was sent.")
    usual = DEFAULT_PORTS[scheme]
    name = b"[" + host + b"]" if b":" in host else host
    written = name if port in (None, usual) else name + b":%d" % port
    return Origin(scheme.decode(), host.decode("ascii"), port or usual), written


def _written(request: HttpRequest, target: bytes, host: bytes) -> bytes:
    """The request as it goes over the wire."""
    given = {name.lower(): value for name, value in request.headers.items() if name.lower() not in OURS_ALONE}
    lines = [f"{request.method} {target.decode('ascii')} HTTP/1.1", f"host: {host.decode('ascii')}"]
    lines += [f"{name}: {value}" for name, value in {**OWN_HEADERS, **given}.items()]
    if request.body or request.method not in WITHOUT_BODY:
        lines.append(f"content-length: {len(request.body)}")
    if BREAKS.search("".join(lines)):
        raise NotSent("A header has a line break in it. Nothing was sent.", purpose=request.purpose)
    return "\r\n".join([*lines, "\r\n"]).encode() + request.body


@lru_cache(maxsize=16)
def _sandboxes(*urls: str) -> frozenset[str | None]:
    return LOOPBACK | {urlsplit(url).hostname for url in urls}


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    trust = httpx.create_ssl_context(trust_env=False)
    trust.set_alpn_protocols(["http/1.1"])
    return trust


def address(url: str) -> Address:
    """Where to connect and what to ask for. Raises `httpx.InvalidURL`."""
    plain = PLAIN.fullmatch(url)
    if plain is None:
        return _address(url)
    origin, path, query = plain.groups("")
    return _origin(origin)._replace(target=f"{path or '/'}{query}".encode("ascii"))


def _address(url: str) -> Address:
    read = httpx.URL(url)
    return Address(scheme=read.raw_scheme, host=read.raw_host, port=read.port, target=read.raw_path or b"/")


_origin = lru_cache(maxsize=256)(_address)


def _refuse_outside_sandbox(origin: Origin) -> None:
    if not getattr(settings, "SANDBOX", False):
        return
    if origin.host not in _sandboxes(*(getattr(settings, name, "") or "" for name in SANDBOX_SETTINGS)):
        raise NotSent("Sandbox mode sends nothing outside this machine. Point the address at the sandbox.")


def _refuse_compressed(headers: Mapping[str, str]) -> None:
    if headers.get("content-encoding", "identity") != "identity":
        raise OutcomeUnknown("The answer was compressed although we asked for it as it is.")


class _Watched:
    """Says in the log what did not answer; what did is a detail, and counted with the provider's health.

    A line for each answer would cost a quarter of the exchange.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._started = time.monotonic()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        note = logger.debug if kind is None else logger.warning
        note(
            "outbound http call",
            purpose=self._request.purpose,
            host=self._request.host,
            outcome="answered" if kind is None else OUTCOMES.get(kind, "broken_off"),
            ms=int((time.monotonic() - self._started) * 1000),
        )
