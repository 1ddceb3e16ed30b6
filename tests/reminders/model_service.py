"""A language model on the wire, for tests: an OpenAI-style service on a port of its own that says what it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class ModelService:
    """`says` is the next answer; `status` and `raw` make it go wrong; `asked` is everything that reached it."""

    url: str = ""
    says: str = "Thank you for writing. {{ balance }} is open."
    status: int = 200
    raw: bytes | None = None
    hangs_up: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    @property
    def heard(self) -> str:
        return json.dumps(self.asked, ensure_ascii=False)


@contextmanager
def model_service() -> Iterator[ModelService]:
    service = ModelService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/chat/completions"
            service.asked.append(json.loads(body))
            service.keys.append(self.headers.get("Authorization", ""))
            if service.hangs_up:
                self.connection.close()
                return
            said = {"choices": [{"index": 0, "message": {"role": "assistant", "content": service.says}}]}
            answer = service.raw if service.raw is not None else json.dumps(said).encode()
            self.send_response(service.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_words: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
