"""The platform's own web server in a process of its own, so that a wallet's notices arrive over real HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.faults.workers import PATIENCE_SECONDS, ROOT, environment

NOBODY_LISTENS = "redis://127.0.0.1:9/0"


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


class Site:
    """gunicorn as the launcher starts it, with one worker; the broker is down, so only the database remembers."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None
        self.log = Path(tempfile.mkstemp(prefix="faults-site-")[1])

    def start(self, **extra: str) -> None:
        options = ["--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--threads", "4"]
        quiet = ["--workers", "1", "--no-control-socket", "--preload", "--timeout", "90", "--log-level", "warning"]
        command = [sys.executable, "-m", "gunicorn", "collections_platform.wsgi:application", *options, *quiet]
        env = environment(REDIS_URL=NOBODY_LISTENS, PUBLIC_URL=self.url, LOG_LEVEL="CRITICAL", **extra)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=env, start_new_session=True, stdout=log, stderr=subprocess.STDOUT
            )
        ends = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            assert self.process.poll() is None, f"the web server did not start: {self.log.read_text()[-2000:]}"
            assert time.monotonic() < ends, "the web server never answered"
            time.sleep(0.05)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def kill(self) -> None:
        """Everything at once, as a power cut would."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        self.kill()
        self.log.unlink(missing_ok=True)
