from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from launcher import children, identity, signals
from launcher.children import Family, Spec
from launcher.errors import LauncherError

OBEDIENT = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + OBEDIENT
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]).wait()"


def spec(code: str, log: Path, *, grace: float = 5) -> Spec:
    return Spec(name=log.stem, command=[sys.executable, "-c", code], log=log, grace=grace)


def wait_for_text(log: Path, text: str) -> None:
    assert signals.wait_until(lambda: log.exists() and text in log.read_text(), seconds=10), f"{text!r} never appeared"


def test_children_are_stopped_in_the_reverse_of_their_order(tmp_path: Path) -> None:
    family = Family()
    leaving = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print(time.monotonic_ns())))"
    for name in ("first", "second"):
        family.start(spec(f"{leaving}; print('up', flush=True); time.sleep(60)", tmp_path / f"{name}.log"))
        wait_for_text(tmp_path / f"{name}.log", "up")
    family.stop()
    first, second = (int((tmp_path / f"{name}.log").read_text().split()[1]) for name in ("first", "second"))
    assert second < first


def test_a_child_that_ignores_the_request_is_killed_within_its_grace(tmp_path: Path) -> None:
    family = Family()
    child = family.start(spec(STUBBORN, tmp_path / "stubborn.log", grace=0.3))
    wait_for_text(child.log, "up")
    began = time.monotonic()
    family.stop()
    assert child.process.returncode == -signal.SIGKILL
    assert time.monotonic() - began < 5


def test_what_a_child_started_itself_goes_with_it(tmp_path: Path) -> None:
    family = Family()
    child = family.start(spec(PARENT, tmp_path / "parent.log"))
    wait_for_text(child.log, "up")
    members = [int(path.name) for path in Path("/proc").glob("[0-9]*") if _session(path) == child.who.pid]
    if not members:
        pytest.skip("needs /proc to see a session's members")
    assert len(members) == 2
    family.stop()
    assert signals.wait_until(lambda: not any(identity.of(pid).alive() for pid in members), seconds=5)


def _session(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except OSError:
        return 0


def test_a_child_that_ends_by_itself_is_reported_with_its_log(tmp_path: Path) -> None:
    family = Family()
    child = family.start(spec("print('no such table'); raise SystemExit(3)", tmp_path / "worker.log"))
    child.process.wait(timeout=10)
    with pytest.raises(LauncherError) as failure:
        family.check()
    assert "worker ended by itself (exit code 3)" in str(failure.value)
    assert "no such table" in str(failure.value)


def test_a_long_log_is_rolled_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "LOG_LIMIT", 10)
    (tmp_path / "web.log").write_text("x" * 11)
    children.start(spec("print('new')", tmp_path / "web.log")).process.wait(timeout=10)
    assert (tmp_path / "web.log").read_text() == "new\n"
    assert (tmp_path / "web.log.1").read_text() == "x" * 11


def test_neighbours_that_stop_together_are_all_asked_before_one_is_waited_for(tmp_path: Path) -> None:
    family = Family()
    # Each leaves only once the other has been asked as well.
    leaving = (
        "import pathlib, signal, sys, time\n"
        "def leave(*_):\n"
        "    pathlib.Path(sys.argv[1]).touch()\n"
        "    until = time.monotonic() + 20\n"
        "    while time.monotonic() < until and not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.02)\n"
        "    sys.exit(0 if pathlib.Path(sys.argv[2]).exists() else 1)\n"
        "signal.signal(signal.SIGTERM, leave)\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    marks = [str(tmp_path / "a"), str(tmp_path / "b")]
    for name, arguments in (("one", marks), ("two", marks[::-1])):
        command = [sys.executable, "-c", leaving, *arguments]
        family.start(Spec(name=name, command=command, log=tmp_path / f"{name}.log", grace=30, together="pair"))
        wait_for_text(tmp_path / f"{name}.log", "up")
    processes = [child.process for child in family.children]
    family.stop()
    assert [process.returncode for process in processes] == [0, 0]
