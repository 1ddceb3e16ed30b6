"""The whole platform as a newcomer starts it (`python3 run.py`), and a person's phone and browser in front of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")
# What `run.py test` set for this process must not leak into the platform under test.
OURS = ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "SECRETS_DIR", "DJANGO_SETTINGS_MODULE", "SANDBOX", "DEBUG")
START_SECONDS, STOP_SECONDS = 600, 120


def eventually(look: Callable[[], T | None], *, seconds: int = 400, what: str = "it") -> T:
    """Look again and again until there is something to see. Generous: the machine may be busy."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.5)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def totp(secret: str) -> str:
    """RFC 6238, written here again: the test is the person's authenticator app."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


class Stack:
    """`run.py` in a process of its own, with its own data, on free ports."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.env = {name: value for name, value in os.environ.items() if name not in OURS}
        self.log = data.with_suffix(".log")
        command = [sys.executable, "run.py", "--data", str(data), "--no-demo"]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        eventually(self._up, seconds=START_SECONDS, what="the start of the platform")
        settings = json.loads((data / "run.json").read_text())["env"]
        self.url, self.outbox, self.wallet = (
            settings[name] for name in ("PUBLIC_URL", "MESSAGE_SANDBOX_URL", "WALLET_SANDBOX_URL")
        )

    def _up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return "The platform is up" in self.log.read_text()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def manage(self, *arguments: str) -> str:
        """What a management command printed, in the running platform's environment."""
        command = [sys.executable, "run.py", "--data", str(self.data), "manage", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def signs_policies(self, *countries: str) -> None:
        """As the demo does: without a signed pack of the country nothing that asks for money goes by machine. Needs an
        administrator, who puts in force what compliance has signed. `countries`: others than the demo's."""
        self.manage("create_user", "cai@agency.example", "--role", "compliance", "--name", "Cai Wen")
        sign = f"from collections_platform.demo.policies import sign_demo_policies; sign_demo_policies(*{countries})"
        self.manage("shell", "-c", sign)

    def messages(self, *, to: str = "", channel: str = "") -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.outbox}/api/messages", params={"to": to, "channel": channel}, timeout=120)
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def debits(self) -> Any:
        return httpx.get(f"{self.wallet}/control/alipay/debits", timeout=120).json()


def link_in(message: dict[str, Any]) -> str:
    return re.search(r"https?://[^\s\"<>]+/p/[\w-]+/", message["text"])[0]
