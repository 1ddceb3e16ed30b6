"""Real worker processes that a test may kill: their own interpreter, their own database connection, no cleaning up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection, connections

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120
SET_UP = "import django; django.setup(); "
# A new interpreter on a busy machine needs seconds to read a wallet's code; what was claimed may not wait so long.
WALLETS_READY = (
    "from wallets.gateway import adapter; from wallets.models import Provider; "
    "[adapter(provider) for provider in Provider.objects.all()]; "
)
DEBIT = SET_UP + WALLETS_READY + "from payments.debits import debit_due_instalments; debit_due_instalments()"
FIND_OUT_AND_DEBIT = (
    SET_UP
    + WALLETS_READY
    + "from payments.debits import debit_due_instalments; from payments.services import look_up_due_attempts; "
    + "look_up_due_attempts(); debit_due_instalments()"
)


def environment(**extra: str) -> dict[str, str]:
    """What a worker of this very test run needs: the test database, the test's keys, the test's wallet."""
    where = connection.settings_dict
    host, name, user = quote(str(where["HOST"]), safe=""), where["NAME"], quote(str(where["USER"]))
    secret = f":{quote(str(where['PASSWORD']))}" if where["PASSWORD"] else ""
    port = f":{where['PORT']}" if where["PORT"] else ""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "collections_platform.settings",
        "DATABASE_URL": f"postgres://{user}{secret}@{host}{port}/{name}",
        "SANDBOX": "1",
        "DATA_DIR": str(settings.DATA_DIR),
        "SECRETS_DIR": str(settings.SECRETS_DIR),
        "WALLET_SANDBOX_URL": settings.WALLET_SANDBOX_URL,
        "PUBLIC_URL": settings.PUBLIC_URL,
        **extra,
    }


@dataclass
class Workers:
    """Starts workers and makes sure none outlives the test."""

    folder: Path
    running: list[subprocess.Popen] = field(default_factory=list)

    def start(self, code: str, **extra: str) -> subprocess.Popen:
        process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment(**extra))
        self.running.append(process)
        return process

    def run(self, code: str) -> None:
        assert self.start(code).wait(PATIENCE_SECONDS) == 0

    def fork(self, work: Callable[[], object], **extra: str) -> int:
        """A worker forked as Celery forks its own: it starts at once, so a kill can hit any moment of its work."""
        connections.close_all()
        child = os.fork()
        if child:
            return child
        status = 1
        try:
            os.environ.update(extra)
            work()
            status = 0
        finally:
            os._exit(status)

    def run_forked(self, work: Callable[[], object]) -> None:
        assert os.waitpid(self.fork(work), 0)[1] == 0

    def kill_at(self, point: str, code: str) -> None:
        """Start a worker of its own interpreter, wait until it has reached `point`, and kill it there."""
        signal_file, process = self._signal_file(point), self.start(code, **self.stop_at(point))
        self._wait_for(signal_file, lambda: process.poll() is None)
        process.send_signal(signal.SIGKILL)
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL

    def kill_fork_at(self, point: str, work: Callable[[], object]) -> None:
        child = self.fork(work, **self.stop_at(point))
        self._wait_for(self._signal_file(point), lambda: os.waitpid(child, os.WNOHANG)[0] == 0)
        self.kill_fork(child)

    def kill_fork(self, child: int) -> None:
        os.kill(child, signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL

    def _signal_file(self, point: str) -> Path:
        return self.folder / f"reached-{point}"

    def stop_at(self, point: str) -> dict[str, str]:
        return {"FAULT_STOP_AT": point, "FAULT_STOP_FILE": str(self._signal_file(point))}

    def wait_until_reached(self, point: str) -> None:
        """Somebody else's process stands at `point`."""
        self._wait_for(self._signal_file(point), lambda: True)

    def go_on(self, point: str) -> None:
        """Let the one who stands at `point` continue."""
        self._signal_file(point).unlink()

    def _wait_for(self, signal_file: Path, alive: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE_SECONDS
        while not signal_file.exists():
            assert alive(), "the worker ended before it reached the point"
            assert time.monotonic() < ends, "the worker never reached the point"
            time.sleep(0.02)

    def stop_all(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.wait(PATIENCE_SECONDS)
