"""The smallest HTTP server that keeps connections open: one thread a connection, a table of routes, whole bodies."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

logger = logging.getLogger(__name__)

MAX_BODY = 5 << 20
OWN_PAGES_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'"
)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def param(self, name: str) -> str:
        return self.query.get(name, [""])[0]

    def form(self) -> dict[str, str]:
        fields = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[0] for name, values in fields.items()}


@dataclass(frozen=True)
class Response:
    status: int = 200
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False  # close the connection without a word, as a broken network does


def json_response(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, json.dumps(value, ensure_ascii=False).encode(), "application/json", headers or {})


def redirect(to: str) -> Response:
    return Response(303, headers={"Location": to})


Endpoint = Callable[..., Response]


class Router:
    """(method, path pattern) -> endpoint; a pattern's named groups become keyword arguments."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Endpoint]] = []

    def add(self, method: str, pattern: str, endpoint: Endpoint) -> None:
        self._routes.append((method, re.compile(pattern), endpoint))

    def __call__(self, request: Request) -> Response:
        for method, pattern, endpoint in self._routes:
            match = pattern.fullmatch(request.path) if method == request.method else None
            if match:
                return endpoint(request, **{name: unquote(value) for name, value in match.groupdict().items()})
        return Response(404, b"Not found", "text/plain")


def from_another_site(request: Request) -> bool:
    """A page elsewhere posting into the sandbox through the developer's browser."""
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc != request.headers.get("host", "")


def serve(application: Callable[[Request], Response], *, host: str, port: int) -> ThreadingHTTPServer:
    """A bound server, not yet running; call `serve_forever`, then `shutdown` and `server_close`."""

    class Handler(_Handler):
        app = staticmethod(application)

    return _Server((host, port), Handler)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


class _Handler(BaseHTTPRequestHandler):
    app: Callable[[Request], Response]
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet; else the peer's delayed acknowledgement costs 40 ms a request.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if size > MAX_BODY:
            self._write(Response(413, b"Too large", "text/plain"))
            self.close_connection = True
            return
        self._write(self._respond(self.rfile.read(size)))

    def _respond(self, body: bytes) -> Response:
        target = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = parse_qs(target.query, keep_blank_values=True)
        request = Request(self.command, target.path, query, headers, body)
        if request.method == "POST" and from_another_site(request):
            return Response(403, b"Posted from another site", "text/plain")
        try:
            return self.app(request)
        except Exception:
            logger.exception("sandbox request failed")
            return Response(500, b"The sandbox failed; see its log.", "text/plain")

    def _write(self, response: Response) -> None:
        if response.hang_up:
            self.close_connection = True
            return
        self.send_response(response.status)
        policy = {"Content-Security-Policy": OWN_PAGES_POLICY, "X-Content-Type-Options": "nosniff"}
        fixed = {"Content-Type": response.content_type, "Content-Length": str(len(response.body))}
        for name, value in {**policy, **response.headers, **fixed}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the outbox itself shows what happened."""
