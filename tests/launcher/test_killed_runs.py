"""kill -9 of the launcher itself, and what the next start makes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from launcher import identity, runfile, signals, stale
from launcher.identity import Identity
from launcher.layout import ROOT, Layout
from launcher.runfile import Run
from tests.launcher.conftest import Opener
from tests.launcher.test_servers import query

HOLDER = """
import sys, time
from pathlib import Path
from launcher import session
layout, user = session.place(Path(sys.argv[1]), fallback=Path(sys.argv[2]))
with session.opened(layout, user, kind="manage", durable=False):
    print("up", flush=True)
    time.sleep(60)
"""
SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def killed_launcher(data: Path, fallback: Path) -> Run:
    """A launcher that has started its servers and was then killed with no chance to clean up."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data), str(fallback)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert holder.stdout
    assert holder.stdout.readline() == b"up\n"
    run = runfile.read(data / "run.json")
    assert run
    assert run.alive()
    holder.kill()
    holder.communicate()
    assert not run.alive()
    return run


def test_a_killed_launcher_does_not_stop_the_next_start(open_session: Opener, folder: Path) -> None:
    run = killed_launcher(folder / "data", folder / "fallback")
    assert Path(run.sockets).exists()
    with open_session(folder / "data") as running:
        assert query(running.urls["DATABASE_URL"], "SELECT 1") == 1
        assert not Path(run.sockets).exists()
        assert not any(who.alive() for who in run.processes.values())


@pytest.mark.skipif(not identity.LINUX, reason="only Linux tells a child that its parent died")
def test_the_servers_of_a_killed_launcher_end_by_themselves(open_session: Opener, folder: Path) -> None:
    run = killed_launcher(folder / "data", folder / "fallback")
    assert sorted(run.processes) == ["postgres", "valkey"]
    assert signals.wait_until(lambda: not any(who.alive() for who in run.processes.values()), seconds=10)
    stale.clean(Layout(data=folder / "data", server_home=folder / "data"))
    assert not Path(run.sockets).exists()


def test_an_orphan_recorded_in_the_run_file_is_stopped(folder: Path) -> None:
    orphan = subprocess.Popen(SLEEPER)
    layout = Layout(data=folder, server_home=folder)
    runfile.write(layout.run_file, Run(kind="up", processes={"web": identity.of(orphan.pid)}))
    stale.clean(layout)
    assert orphan.wait(timeout=5) == -signal.SIGTERM
    assert not layout.run_file.exists()


def test_a_stranger_that_now_has_a_recorded_pid_is_left_alone(folder: Path) -> None:
    stranger = subprocess.Popen(SLEEPER)
    layout = Layout(data=folder, server_home=folder)
    recorded = Identity(pid=stranger.pid, started="before the machine was restarted")
    runfile.write(layout.run_file, Run(kind="up", processes={"postgres": recorded}))
    (folder / "postgres").mkdir()
    (folder / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n{folder}/postgres\n")
    stale.clean(layout)
    assert stranger.poll() is None
    assert not (folder / "postgres" / "postmaster.pid").exists()
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize("content", ["", "not a pid", "-"])
def test_a_damaged_pid_file_is_survived(folder: Path, content: str) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "postmaster.pid").write_text(content)
    stale.clean(Layout(data=folder, server_home=folder))


def test_throwaways_of_dead_runs_go_and_those_of_living_ones_stay(folder: Path) -> None:
    dead, living, foreign = (folder / f"{stale.PREFIX}{name}" for name in ("dead", "living", "foreign"))
    for made in (dead, living, foreign):
        made.mkdir()
    gone = Identity(pid=os.getpid(), started="long ago")
    runfile.write(dead / "run.json", Run(kind="test", launcher=gone))
    runfile.write(living / "run.json", Run(kind="test"))
    stale.sweep_throwaways(folder)
    assert (dead.exists(), living.exists(), foreign.exists()) == (False, True, True)
