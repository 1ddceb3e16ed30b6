"""The platform's own processes: what each is called, how it is started, how long it may take to stop."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launcher.children import Spec
from launcher.layout import ROOT, Layout
from launcher.venv import PYTHON

# A worker per queue: neither a long import nor a morning of reminders may keep a payment or a webhook waiting.
QUEUES = {"worker": "default", "money_worker": "money", "contact_worker": "contact", "long_worker": "long"}
# Two imports leave a place for the day's interest.
LONG_AT_ONCE = max(3, min(4, os.cpu_count() or 2))
MANAGE = ROOT / "manage.py"
# What serves and works; it is stopped before the simulators it talks to, and those before the servers.
PLATFORM = "platform"


def sandboxes(layout: Layout, *, env: dict[str, str], ports: Mapping[str, int]) -> list[Spec]:
    messages = ["--http-port", str(ports["messages"]), "--smtp-port", str(ports["smtp"])]
    common: dict[str, Any] = {"layout": layout, "env": env, "together": "sandboxes"}
    return [
        _spec("wallet_sandbox", _manage("wallet_sandbox", "--port", str(ports["wallets"])), **common),
        _spec("message_sandbox", _manage("message_sandbox", *messages), **common),
    ]


def web(layout: Layout, *, env: dict[str, str], listening: socket.socket) -> Spec:
    """gunicorn on a socket that already listens, so nobody can take the port in between."""
    descriptor = listening.fileno()
    options = ["--bind", f"fd://{descriptor}", "--worker-class", "gthread", "--workers", "2", "--threads", "4"]
    # Its default control socket lies in the home directory, where a second copy would fight over it.
    quiet = ["--no-control-socket", "--preload", "--graceful-timeout", "8", "--timeout", "60"]
    command = [str(PYTHON), "-m", "gunicorn", "collections_platform.wsgi:application", *options, *quiet]
    return _spec("web", command, layout=layout, env=env, together=PLATFORM, popen={"pass_fds": (descriptor,)})


def workers(layout: Layout, *, env: dict[str, str]) -> list[Spec]:
    beat = _celery("beat", "--schedule", str(layout.data / "beat-schedule"), "--pidfile=")
    return [
        *(_worker(name, queue, layout=layout, env=env) for name, queue in QUEUES.items()),
        _spec("beat", beat, layout=layout, env=env, together=PLATFORM),
    ]


def _worker(name: str, queue: str, *, layout: Layout, env: dict[str, str]) -> Spec:
    concurrency = LONG_AT_ONCE if queue == "long" else 2
    options = ["--hostname", f"{queue}@%h", "--queues", queue, "--concurrency", str(concurrency)]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    # Without its servers an orphaned worker cannot finish a task; a task that is cut off runs again without harm.
    command = _celery("worker", *options, *quiet)
    stopping = {"together": PLATFORM, "grace": 20, "orphan_signal": signal.SIGKILL}
    return _spec(name, command, layout=layout, env=env, **stopping)


def _manage(*arguments: str) -> list[str]:
    return [str(PYTHON), str(MANAGE), *arguments]


def _celery(*arguments: str) -> list[str]:
    return [str(PYTHON), "-m", "celery", "-A", "collections_platform", *arguments]


def _spec(name: str, command: list[str], *, layout: Layout, env: dict[str, str], **options: object) -> Spec:
    return Spec(name=name, command=command, log=layout.log(name), env=env, cwd=Path(ROOT), **options)  # type: ignore[arg-type]
