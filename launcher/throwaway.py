"""`test` and `bench`: servers that exist for one command and are deleted after it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launcher import children, environment, privileges, say, session, stale, venv
from launcher.foreground import wait
from launcher.layout import ROOT, Layout, make_data_directory

# The tests empty append-only tables between cases, which their triggers rightly refuse to anyone else; a measurement
# begins with everything written out. Neither right exists where data are kept.
RIGHTS = {"test": ("SET ON PARAMETER session_replication_role",), "bench": ("pg_checkpoint",)}
LINTER, TYPES = ("ruff", "check", "."), ("mypy", ".")


def test(arguments: list[str]) -> int:
    """With no arguments also the linters; the first failing step gives the exit code, but all of them run."""
    venv.ensure(development=True)
    with _servers("test", durable=False) as env:
        return _run(["pytest", *arguments], env) if arguments else _everything(env)


def _everything(env: dict[str, str]) -> int:
    """One process more than there are cores, and the types beside them: tests often wait for their servers. A file
    stays in one process, and files go in their order: the journeys, few and long, must not come last.
    """
    processes = str(min(5, 1 + (os.cpu_count() or 2)))
    tests = ("pytest", "-n", processes, "--dist", "loadfile", "--no-loadscope-reorder")
    types = subprocess.Popen([venv.PYTHON, "-m", *TYPES], env=env, cwd=ROOT, start_new_session=True)
    try:
        codes = [(step, _run(list(step), env)) for step in (LINTER, tests)]
        return _first_failure([*codes, (TYPES, types.wait())])
    finally:
        children.end(types, grace=10)


def bench(arguments: list[str]) -> int:
    """fsync stays on: a rate measured without it would be a lie."""
    venv.ensure(development=True)
    with _servers("bench", durable=True) as env:
        return _run(["bench", *arguments], env)


def _first_failure(results: list[tuple[tuple[str, ...], int]]) -> int:
    failed = [(step, code) for step, code in results if code != 0]
    for step, _code in failed:
        say.line(f"  FAILED: {' '.join(step)}")
    return failed[0][1] if failed else 0


def _run(module: list[str], env: dict[str, str]) -> int:
    say.line(f"  Running {' '.join(module)}")
    return wait([str(venv.PYTHON), "-m", *module], env=env, cwd=ROOT)


@contextmanager
def _servers(kind: str, *, durable: bool) -> Iterator[dict[str, str]]:
    stale.sweep_throwaways()
    with _folder() as data:
        make_data_directory(data)
        place, user = Layout(data=data, server_home=data), privileges.server_user()
        with session.opened(place, user, kind=kind, durable=durable, rights=RIGHTS[kind]) as running:
            yield environment.whole(environment.for_tests(place, urls=running.urls))


@contextmanager
def _folder() -> Iterator[Path]:
    data = Path(tempfile.mkdtemp(prefix=stale.PREFIX))
    if os.geteuid() == 0:
        data.chmod(0o711)
    try:
        yield data
    finally:
        shutil.rmtree(data, ignore_errors=True)
        if data.exists():
            sys.stderr.write(f"  {data} could not be removed\n")
