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
PATIENCE_SECONDS = 60
SET_UP = "import django; django.setup(); "
DEBIT = SET_UP + "from payments.debits import debit_due_instalments; debit_due_instalments()"
FIND_OUT_AND_DEBIT = (
    SET_UP
    + "from payments.debits import debit_due_instalments; from payments.services import look_up_due_attempts; "
    + "look_up_due_attempts(); debit_due_instalments()"
)


def _environment(**extra: str) -> dict[str, str]:
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

    def start(self, code: str, **environment: str) -> subprocess.Popen:
        process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=_environment(**environment))
        self.running.append(process)
        return process

    def run(self, code: str) -> None:
        assert self.start(code).wait(PATIENCE_SECONDS) == 0

    def fork(self, work: Callable[[], object]) -> int:
        """A worker forked like Celery's: starts at once, so that a kill can hit any moment of its work."""
        connections.close_all()
        child = os.fork()
        if child:
            return child
        try:
            work()
        finally:
            os._exit(0)

    def kill_at(self, point: str, code: str = DEBIT) -> None:
        """Start a worker, wait until it has reached `point`, and kill it there with SIGKILL."""
        signal_file = self.folder / f"reached-{point}"
        process = self.start(code, FAULT_STOP_AT=point, FAULT_STOP_FILE=str(signal_file))
        ends = time.monotonic() + PATIENCE_SECONDS
        while not signal_file.exists():
            assert process.poll() is None, f"the worker ended ({process.returncode}) before {point}"
            assert time.monotonic() < ends, f"the worker never reached {point}"
            time.sleep(0.02)
        self.kill(process)

    def kill(self, process: subprocess.Popen) -> None:
        process.send_signal(signal.SIGKILL)
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL

    def stop_all(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.wait(PATIENCE_SECONDS)
