"""A threaded loopback server for the simulators that can hang up in the middle of an answer, as real networks do."""

import io
import logging
import socket
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

logger = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    # Without this, small answers wait for the peer's delayed acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1
    hung_up = False

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what happened is on the control page."""

    def _serve(self) -> None:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        application: Callable = self.server.application  # type: ignore[attr-defined]
        body = b"".join(application(self._environ(), lambda status, headers: started.append((status, headers))))
        if self.hung_up:
            return
        status, headers = started[0]
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _environ(self) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        length = self.headers.get("Content-Length") or "0"
        return {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote(path),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": length if length.isdigit() else "0",
            "HTTP_HOST": self.headers.get("Host", ""),
            "HTTP_ACCEPT_LANGUAGE": self.headers.get("Accept-Language", ""),
            "wsgi.input": self.rfile if length.isdigit() else io.BytesIO(),
            "sandbox.hang_up": self._hang_up,
            "sandbox.headers": {name.lower(): value for name, value in self.headers.items()},
            "sandbox.target": self.path,
        }

    def _hang_up(self) -> None:
        self.hung_up = self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class SandboxServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, application: Callable, port: int = 0) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.application = application

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if not isinstance(error, OSError):
            logger.error("wallet sandbox request failed", exc_info=error)

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_address[1]}"
