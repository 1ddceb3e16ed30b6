from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from launcher import identity, runfile
from launcher.identity import Identity
from launcher.runfile import Run


def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    run = Run(kind="up", sockets="/x", url="http://y", env={"A": "b"}, processes={"web": identity.of(os.getpid())})
    runfile.write(tmp_path / "run.json", run)
    assert runfile.read(tmp_path / "run.json") == run
    assert run.alive()


def test_the_run_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    for _again in range(2):
        runfile.write(path, Run(kind="up"))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"kind": "up", "launcher": 3}', "null"])
def test_a_damaged_run_file_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    assert runfile.read(tmp_path / "run.json") is None


def test_an_ended_process_is_not_alive_even_while_it_is_a_zombie() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    who = identity.of(process.pid)
    assert who.alive()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not who.alive()
    process.communicate()
    assert not who.alive()


def test_a_reused_pid_is_not_taken_for_the_process_that_had_it() -> None:
    assert not Identity(pid=os.getpid(), started="an earlier process").alive()
