"""The little web framework the simulators run on: a request, a response, a route table, templates."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from django.template import Context, Engine
from django.utils import translation

HERE = Path(__file__).parent
LARGEST_BODY = 1 << 20
HTML = "text/html; charset=utf-8"
# No form-action: browsers apply it to the redirect after a form too, and the payer must get back to the shop.
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
LANGUAGES = ("zh-hans", "en")
ASSET_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".js": "text/javascript; charset=utf-8",
}


@dataclass
class Request:
    """Header names are lower-case; `target` is the path with its query exactly as it came."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    content_type: str
    base_url: str
    language: str
    hang_up: Callable[[], None]
    headers: dict[str, str] = field(default_factory=dict)
    target: str = ""

    @property
    def is_json(self) -> bool:
        return self.content_type.startswith("application/json")

    def fields(self) -> dict[str, Any]:
        """The body's fields, whether it came from a program or from a form."""
        if self.is_json:
            parsed = json.loads(self.body or b"{}")
            return parsed if isinstance(parsed, dict) else {}
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Response:
    body: bytes = b""
    status: int = 200
    content_type: str = HTML
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[..., Response]
Route = tuple[str, str, Handler]


def reply_json(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document, ensure_ascii=False).encode(), status, "application/json")


def redirect(location: str) -> Response:
    return Response(status=303, headers={"Location": location})


def page(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    with translation.override(request.language):
        text = _engine().get_template(f"sandbox/{template}").render(Context({**context, "language": request.language}))
    return Response(
        text.encode(), status, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
    )


@lru_cache(maxsize=1)
def _engine() -> Engine:
    folders = [HERE / "templates", *sorted(HERE.glob("*/templates"))]
    return Engine(dirs=[str(folder) for folder in folders], libraries={"i18n": "django.templatetags.i18n"})


class Application:
    """A WSGI application from `(method, path pattern, handler)` rows; named groups become arguments."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(method, re.compile(f"^{pattern}$"), handler) for method, pattern, handler in routes]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = self._respond(environ)
        headers = {"Content-Type": response.content_type, "Content-Length": str(len(response.body))}
        headers |= {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", **response.headers}
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", list(headers.items()))
        return [response.body]

    def _respond(self, environ: dict[str, Any]) -> Response:
        request = _request(environ)
        if request is None:
            return Response(b"too large", 413, "text/plain")
        for method, pattern, handler in self._routes:
            match = pattern.match(request.path)
            if match and request.method in method.split():
                return handler(request, **match.groupdict())
        return Response(b"not found", 404, "text/plain")


def _request(environ: dict[str, Any]) -> Request | None:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > LARGEST_BODY:
        return None
    accepted = environ.get("HTTP_ACCEPT_LANGUAGE", "").lower()
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "/"),
        query=dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        body=environ["wsgi.input"].read(length) if length else b"",
        content_type=environ.get("CONTENT_TYPE", ""),
        base_url=f"http://{environ.get('HTTP_HOST', '127.0.0.1')}",
        language=LANGUAGES[0] if accepted.startswith("zh") else LANGUAGES[1],
        hang_up=environ.get("sandbox.hang_up", lambda: None),
        headers=environ.get("sandbox.headers", {}),
        target=environ.get("sandbox.target", environ.get("PATH_INFO", "/")),
    )


def asset(request: Request, name: str) -> Response:
    """A stylesheet, script or picture of the `assets` folder; the route only lets plain file names in."""
    path = HERE / "assets" / name
    if not path.is_file():
        return Response(b"not found", 404, "text/plain")
    return Response(path.read_bytes(), 200, ASSET_TYPES[path.suffix])
