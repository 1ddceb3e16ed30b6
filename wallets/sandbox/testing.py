"""The sandbox in a thread on a free port, with a client for its control API."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from wallets.sandbox import merchant
from wallets.sandbox.app import make_sandbox
from wallets.sandbox.server import SandboxServer

TIMEOUT_SECONDS = 10


class ControlClient:
    """Talks to the control API and presses the buttons of the pages; a refusal raises `httpx.HTTPStatusError`."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx.Client(base_url=base_url, trust_env=False, timeout=TIMEOUT_SECONDS)

    def get(self, path: str, **query: str) -> Any:
        return self._http.get(f"/control/{path}", params=query).raise_for_status().json()

    def post(self, path: str, **fields: Any) -> Any:
        return self._http.post(f"/control/{path}", json=fields).raise_for_status().json()

    def fault(self, kind: str, **fields: Any) -> Any:
        return self.post("alipay/faults", kind=kind, **fields)

    def user(self, action: str, **fields: Any) -> Any:
        """`pay`, `sign`, `unsign` or `expire`."""
        return self.post("alipay/user", action=action, **fields)

    def debits(self, **query: str) -> int:
        return self.get("alipay/debits", **query)["count"]

    def open(self, url: str) -> str:
        """Open a payment or agreement page as a browser would; returns the address it ends at."""
        return str(self._http.get(url, follow_redirects=True).raise_for_status().url)

    def press(self, url: str, **fields: str) -> str:
        """Press a button of a page (`<page>/pay`, `<page>/sign`...); returns where it leads, `""` for no redirect."""
        return self._http.post(url, data=fields).headers.get("location", "")

    def close(self) -> None:
        self._http.close()


@dataclass(frozen=True)
class RunningSandbox:
    base_url: str
    control: ControlClient
    secrets_dir: Path
    options: Mapping[str, str]
    secrets: Mapping[str, str]
    currencies: frozenset[str]


@contextmanager
def running_sandbox(secrets_dir: Path | None = None, port: int = 0) -> Iterator[RunningSandbox]:
    """Everything in memory; keys in `secrets_dir`, or in a directory that goes away afterwards."""
    with TemporaryDirectory() as scratch:
        keys = secrets_dir or Path(scratch)
        sandbox = make_sandbox(secrets_dir=keys)
        server = SandboxServer(sandbox.application, port)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        control = ControlClient(server.base_url)
        try:
            yield RunningSandbox(
                base_url=server.base_url,
                control=control,
                secrets_dir=keys,
                options=merchant.alipay_options(server.base_url),
                secrets=merchant.alipay_secrets(keys),
                currencies=merchant.alipay_currencies(),
            )
        finally:
            control.close()
            server.shutdown()
            server.server_close()
            sandbox.close()
