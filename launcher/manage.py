"""`python3 run.py manage COMMAND`: joins the running servers, or starts them for the length of one command."""

from __future__ import annotations

import time
from pathlib import Path

from launcher import environment, foreground, ports, runfile, say, services, session, signals, venv
from launcher.errors import LauncherError
from launcher.layout import Layout
from launcher.locks import Lock
from launcher.privileges import ServerUser
from launcher.runfile import Run

# Commands that read files and nothing else: they work beside anything, and where no server can be started.
NEEDS_NO_SERVER = frozenset({"evaluate_policy"})


def manage(data: Path, arguments: list[str]) -> int:
    venv.ensure(development=False)
    place, user = session.place(data)
    if arguments and arguments[0] in NEEDS_NO_SERVER:
        return call(arguments, environment.whole(environment.for_tests(place, urls={})))
    using = Lock(place.data / "users.lock")
    owner = Lock(place.data / "lock")
    try:
        # Shared by every command that uses the servers; whoever started them waits for it before stopping them.
        _wait_for(using, shared=True)
        run = _joined(place, owner)
        if run is None:
            return _with_own_servers(place, user, arguments=arguments, using=using)
        return call(arguments, environment.whole(run.env))
    finally:
        # In this order: who waits for `users.lock` then finds the directory free.
        owner.close()
        using.close()


def _with_own_servers(place: Layout, user: ServerUser, *, arguments: list[str], using: Lock) -> int:
    with session.opened(place, user, kind="manage") as running:
        numbers = ports.remembered(place.ports_file)
        running.run.env = environment.for_sandbox(place, urls=running.urls, ports=numbers)
        running.record()
        code = call(arguments, environment.whole(running.run.env))
        if not using.take():
            say.line("  Another command still uses the servers; they stop when it ends")
            _wait_for(using, shared=False)
        return code


def _wait_for(lock: Lock, *, shared: bool) -> None:
    while not lock.take(shared=shared):
        signals.pause(0.1)


def _joined(place: Layout, owner: Lock, *, seconds: float = 60) -> Run | None:
    """The run that holds the directory, once it has said where its servers are; None when we hold it now."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if owner.take():
            return None
        run = runfile.read(place.run_file)
        if run and run.alive() and run.env:
            return run
        signals.pause(0.1)
    raise LauncherError(
        f"{place.data} is in use by a run that does not come up.", todo="stop that run, then try the command again"
    )


def call(arguments: list[str], env: dict[str, str]) -> int:
    return foreground.wait([str(venv.PYTHON), str(services.MANAGE), *arguments], env=env)
