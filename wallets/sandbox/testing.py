"""The sandbox in a thread on a free port, with a client for its control API."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from wallets.sandbox.app import make_sandbox
from wallets.sandbox.merchant import Merchant, merchants
from wallets.sandbox.server import SandboxServer

TIMEOUT_SECONDS = 10
# A browser says which site it comes from; some wallets open for nobody else.
CAME_FROM = {"Referer": "http://merchant.example/"}


class ControlClient:
    """Talks to the control API and presses the buttons of the pages; a refusal raises `httpx.HTTPStatusError`."""

    wallet = "alipay"

    def __init__(self, base_url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._http = httpx.Client(base_url=base_url, trust_env=False, timeout=timeout)

    def of(self, wallet: str) -> "ControlClient":
        """The same connection, speaking about another wallet."""
        other = copy(self)
        other.wallet = wallet
        return other

    def get(self, path: str, **query: str) -> Any:
        return self._http.get(f"/control/{path}", params=query).raise_for_status().json()

    def post(self, path: str, **fields: Any) -> Any:
        return self._http.post(f"/control/{path}", json=fields).raise_for_status().json()

    def fault(self, kind: str, **fields: Any) -> Any:
        return self.post(f"{self.wallet}/faults", kind=kind, **fields)

    def user(self, action: str, **fields: Any) -> Any:
        """The payer acts: `pay`, `sign`, `unsign`, `expire`, and what else the wallet's simulator knows."""
        return self.post(f"{self.wallet}/user", action=action, **fields)

    def debits(self, **query: str) -> int:
        return self.get(f"{self.wallet}/debits", **query)["count"]

    def open(self, url: str) -> str:
        """Open a payment or agreement page as a browser would; returns the address it ends at."""
        return str(self._http.get(url, headers=CAME_FROM, follow_redirects=True).raise_for_status().url)

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
    merchants: Mapping[str, Merchant]


@contextmanager
def running_sandbox(
    secrets_dir: Path | None = None, port: int = 0, *, only: tuple[str, ...] = ()
) -> Iterator[RunningSandbox]:
    """Everything in memory; keys in `secrets_dir`, or in a directory that goes away afterwards.

    `only` names the simulators' packages to start; empty starts all.
    """
    with TemporaryDirectory() as scratch:
        keys = secrets_dir or Path(scratch)
        sandbox = make_sandbox(secrets_dir=keys, only=only)
        server = SandboxServer(sandbox.application, port)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        control = ControlClient(server.base_url)
        try:
            yield RunningSandbox(
                base_url=server.base_url,
                control=control,
                secrets_dir=keys,
                merchants=merchants(server.base_url, keys, only=only),
            )
        finally:
            control.close()
            server.shutdown()
            server.server_close()
            sandbox.close()
