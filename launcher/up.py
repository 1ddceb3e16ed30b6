"""`python3 run.py`: everything up, a page to open, everything down again on Ctrl-C."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from launcher import (
    environment,
    layout,
    locks,
    ports,
    preparation,
    runfile,
    say,
    services,
    session,
    signals,
    stale,
    venv,
    welcome,
)
from launcher.errors import LauncherError, Stopped
from launcher.layout import Layout
from launcher.session import Session

READY_SECONDS = 120


def up(data: Path, *, port: int | None, demo: bool, reset: bool) -> int:
    venv.ensure(development=False)
    place, user = session.place(data)
    with _held(place):
        if reset:
            _reset(place)
        with suppress(Stopped), session.opened(place, user, kind="up") as running:
            _serve(running, port=port, demo=demo)
    say.line("  Stopped. The data is kept.")
    return 0


@contextmanager
def _held(place: Layout) -> Iterator[None]:
    """The data directory's lock, or a clear word about who holds it."""
    lock = locks.Lock(place.data / "lock")
    with closing(lock):
        if not lock.take():
            raise _in_use(place)
        yield


def _in_use(place: Layout) -> LauncherError:
    run = runfile.read(place.run_file)
    where = f" at {run.url}" if run and run.url else ""
    return LauncherError(
        f"{place.data} is in use by another run{where}.",
        todo="stop that one (Ctrl-C), or start a second one beside it: python3 run.py --data DIR",
    )


def _reset(place: Layout) -> None:
    stale.clean(place)
    layout.empty(place)
    say.line(f"  Emptied {place.data}")


def _serve(running: Session, *, port: int | None, demo: bool) -> None:
    place = running.layout
    held = _hold_ports(place, port)
    numbers = {name: ports.number(listening) for name, listening in held.items()}
    ours = environment.for_sandbox(place, urls=running.urls, ports=numbers)
    env = environment.whole(ours)
    running.run.env, running.run.url = ours, ours["PUBLIC_URL"]
    running.record()
    with preparation.begun(place, env=env, demo=demo) as prepared:
        done_before = preparation.was_done(running)
        if not done_before:
            prepared()
        _start_processes(running, env=env, held=held, numbers=numbers)
        if done_before:
            prepared()
    _wait_until_ready(running, numbers)
    ports.remember(place.ports_file, numbers)
    welcome.show(place, url=running.run.url)
    _watch(running)


def _hold_ports(place: Layout, port: int | None) -> dict[str, socket.socket]:
    wanted = ports.remembered(place.ports_file)
    if port:
        wanted["web"] = port
    held = {name: ports.hold(number) for name, number in wanted.items()}
    if port and ports.number(held["web"]) != port:
        say.line(f"  Port {port} is taken; using {ports.number(held['web'])}")
    return held


def _start_processes(
    running: Session, *, env: dict[str, str], held: dict[str, socket.socket], numbers: dict[str, int]
) -> None:
    place = running.layout
    for name in ("wallets", "messages", "smtp"):
        held[name].close()
    for spec in services.sandboxes(place, env=env, ports=numbers):
        running.start(spec)
    running.start(services.web(place, env=env, listening=held["web"]))
    # gunicorn has its own copy; ours would keep the port open, and silent, after its end.
    held["web"].close()
    for spec in services.workers(place, env=env):
        running.start(spec)


def _wait_until_ready(running: Session, numbers: dict[str, int]) -> None:
    until = time.monotonic() + READY_SECONDS
    with say.step("Waiting for the platform") as progress:
        while why := _not_ready(numbers):
            running.family.check()
            progress.tick(why)
            if time.monotonic() > until:
                raise LauncherError(
                    f"the platform was not ready after {READY_SECONDS} s: {why}",
                    todo=f"read the logs in {running.layout.logs}",
                    log=running.layout.log("web"),
                )
            signals.pause(0.2)


def _not_ready(numbers: dict[str, int]) -> str:
    """Empty when everything answers, else what is missing."""
    silent = [name for name in ("wallets", "messages", "smtp") if not ports.answers(numbers[name])]
    if silent:
        return f"no answer yet: {', '.join(silent)}"
    connection = http.client.HTTPConnection(ports.HOST, numbers["web"], timeout=5)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        body = response.read(300).decode(errors="replace")
        return "" if response.status == 200 else f"/readyz answers {response.status} {body}"
    return "no answer yet: web"


def _watch(running: Session) -> None:
    while True:
        running.family.check()
        signals.pause(0.3)
