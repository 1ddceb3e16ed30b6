"""Sending one request over pooled connections: timeouts, size cap, no redirects, errors told apart, redacted logs.

Waiting, it stands on httpcore, the pool below httpx: without cookies, redirects and decoding, half the time of a call
remains. On an event loop it stands on our own pool (`pool`), which carries hundreds at a time.
"""

import asyncio
import os
import re
import ssl
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
import structlog
from django.conf import settings

from common.http.errors import NotSent, OutcomeUnknown
from common.http.messages import HttpRequest, HttpResponse
from common.http.pool import Origin, Pool
from common.http.reader import ResponseReader

logger = structlog.get_logger(__name__)

TIMEOUTS = {"timeout": {"connect": 5, "read": 15, "write": 10, "pool": 5}}
# Idle connections are dropped early: a peer closing one under us would read as an unknown outcome.
LIMITS: dict[str, Any] = {"max_connections": 400, "max_keepalive_connections": 100, "keepalive_expiry": 4}
OWN_HEADERS = ((b"accept", b"*/*"), (b"accept-encoding", b"identity"), (b"user-agent", b"collections-platform"))
DEFAULT_PORTS = {b"http": 80, b"https": 443}
BREAKS = re.compile(rb"[\r\n\0]")
WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE"})
BEFORE_SENDING = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpcore.UnsupportedProtocol,
    httpx.InvalidURL,
)
BROKEN = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SANDBOX_SETTINGS = ("WALLET_SANDBOX_URL", "MESSAGE_SANDBOX_URL", "PUBLIC_URL")
# An address that needs no escaping is sent as it stands; then only its origin, of which there are few, is read closely.
PLAIN = re.compile(
    r"(https?://[^/?#]+)((?:/(?!\.)[\w.~:@!$&()*+,;=-]*)*)(\?(?:[\w.~/:@!$&()*+,;=?-]|%[0-9A-Fa-f]{2})*)?", re.ASCII
)

_async_clients: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pool]" = weakref.WeakKeyDictionary()


@lru_cache(maxsize=1)
def blocking_client() -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(ssl_context=_trust(), **LIMITS)


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
    with _watched(request), blocking_client().stream(*_target(request), **_content(request)) as response:
        body = _Body(request)
        for chunk in response.iter_stream():
            body.add(chunk)
        return body.response(response)


async def asend(request: HttpRequest) -> HttpResponse:
    with _watched(request):
        method, url = _target(request)
        reader = ResponseReader(max_bytes=request.max_bytes, head_only=method == "HEAD")
        origin, host = _origin_of(url.scheme, url.host, url.port)
        answer = await async_client().ask(origin, _written(request, url.target, host), reader, request.deadline_seconds)
        _refuse_compressed(answer.headers)
        return HttpResponse(status=answer.status, headers=answer.headers, body=answer.body)


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
    parts = _content(request)
    content: bytes | None = parts["content"]
    headers = [(b"host", host), *(pair for pair in parts["headers"] if pair[0] not in (b"host", b"content-length"))]
    if content is not None:
        headers.append((b"content-length", b"%d" % len(content)))
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), target)]
    lines += [b"%b: %b" % pair for pair in headers]
    if any(BREAKS.search(line) for line in lines):
        raise NotSent("A header has a line break in it. Nothing was sent.", purpose=request.purpose)
    return b"\r\n".join([*lines, b"", content or b""])


@lru_cache(maxsize=16)
def _sandboxes(*urls: str) -> frozenset[str | None]:
    return LOOPBACK | {urlsplit(url).hostname for url in urls}


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    trust = httpx.create_ssl_context(trust_env=False)
    trust.set_alpn_protocols(["http/1.1"])
    return trust


def _target(request: HttpRequest) -> tuple[str, httpcore.URL]:
    _refuse_outside_sandbox(request)
    return request.method, address(request.url)


def address(url: str) -> httpcore.URL:
    """Where to connect and what to ask for. Raises `httpx.InvalidURL`."""
    plain = PLAIN.fullmatch(url)
    if plain is None:
        return _address(url)
    origin, path, query = plain.groups("")
    known = _origin(origin)
    return httpcore.URL(scheme=known.scheme, host=known.host, port=known.port, target=f"{path or '/'}{query}")


def _address(url: str) -> httpcore.URL:
    read = httpx.URL(url)
    return httpcore.URL(scheme=read.raw_scheme, host=read.raw_host, port=read.port, target=read.raw_path or b"/")


_origin = lru_cache(maxsize=256)(_address)


def _content(request: HttpRequest) -> dict[str, Any]:
    given = [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
    names = {name for name, _ in given}
    headers = [*(pair for pair in OWN_HEADERS if pair[0] not in names), *given]
    empty = not request.body and request.method in WITHOUT_BODY
    return {"headers": headers, "content": None if empty else request.body, "extensions": TIMEOUTS}


def _refuse_outside_sandbox(request: HttpRequest) -> None:
    if not getattr(settings, "SANDBOX", False):
        return
    if request.host not in _sandboxes(*(getattr(settings, name, "") or "" for name in SANDBOX_SETTINGS)):
        raise NotSent("Sandbox mode sends nothing outside this machine. Point the address at the sandbox.")


def _refuse_compressed(headers: Mapping[str, str]) -> None:
    if headers.get("content-encoding", "identity") != "identity":
        raise OutcomeUnknown("The answer was compressed although we asked for it as it is.")


class _Body:
    """Collects a response within the size cap and the overall deadline."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.chunks: list[bytes] = []
        self.size = 0
        self.ends = time.monotonic() + request.deadline_seconds

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self.request.max_bytes:
            raise OutcomeUnknown("The answer was larger than allowed and was dropped.", purpose=self.request.purpose)
        if time.monotonic() > self.ends:
            raise OutcomeUnknown("The answer did not finish in time.", purpose=self.request.purpose)
        self.chunks.append(chunk)

    def response(self, response: httpcore.Response) -> HttpResponse:
        headers: dict[str, str] = {}
        for raw, value in response.headers:
            name, text = raw.decode("ascii").lower(), value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        _refuse_compressed(headers)
        return HttpResponse(status=response.status, headers=headers, body=b"".join(self.chunks))


@contextmanager
def _watched(request: HttpRequest) -> Iterator[None]:
    started = time.monotonic()
    outcome = "broken_off"
    try:
        yield
        outcome = "answered"
    except BEFORE_SENDING as error:
        outcome = "not_sent"
        raise NotSent("The provider could not be reached. Nothing was sent.", purpose=request.purpose) from error
    except BROKEN as error:
        outcome = "unknown"
        raise OutcomeUnknown("The connection broke before a full answer.", purpose=request.purpose) from error
    except NotSent:
        outcome = "not_sent"
        raise
    except OutcomeUnknown:
        outcome = "unknown"
        raise
    finally:
        milliseconds = int((time.monotonic() - started) * 1000)
        facts = {"purpose": request.purpose, "host": request.host, "outcome": outcome, "ms": milliseconds}
        # A line for each answer would cost a quarter of the exchange; a provider's answers are counted with its health.
        note = logger.debug if outcome == "answered" else logger.warning
        note("outbound http call", **facts)
