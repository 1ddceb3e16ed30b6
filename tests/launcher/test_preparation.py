"""What was prepared once by this very code holds the next start up no longer; anything else does."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from launcher import layout, oneshot, preparation, signals
from launcher.errors import LauncherError
from launcher.layout import Layout


def run_with(data: Path, *names: str) -> SimpleNamespace:
    children = [SimpleNamespace(name=name) for name in names]
    return SimpleNamespace(layout=Layout(data=data, server_home=data), family=SimpleNamespace(children=children))


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    (root / "payments").mkdir(parents=True)
    (root / "payments" / "models.py").write_text("a = 1\n")
    (root / "requirements.txt").write_text("django\n")
    monkeypatch.setattr(preparation, "ROOT", root)
    return root


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    layout.make_data_directory(folder)
    return folder


@pytest.fixture
def manage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Stands where manage.py stands; ends with the given exit code."""

    def ending(code: int) -> None:
        script = tmp_path / "manage.py"
        script.write_text(f"print('seen'); raise SystemExit({code})")
        monkeypatch.setattr("launcher.services.MANAGE", script)
        monkeypatch.setattr("launcher.venv.PYTHON", Path(sys.executable))

    return ending


def prepare(data: Path) -> None:
    place = Layout(data=data, server_home=data)
    with preparation.begun(place, env=dict(os.environ), demo=True) as prepared:
        prepared()


def test_the_first_start_waits_and_the_second_does_not(data: Path, sources: Path, manage) -> None:
    manage(0)
    assert not preparation.was_done(run_with(data, "postgres"))
    prepare(data)
    assert preparation.was_done(run_with(data, "postgres"))


def test_a_preparation_that_failed_is_waited_for_again(data: Path, sources: Path, manage) -> None:
    manage(1)
    with pytest.raises(LauncherError, match="preparing the database failed"):
        prepare(data)
    assert not preparation.was_done(run_with(data, "postgres"))


@pytest.mark.parametrize("name", ["payments/models.py", "payments/migrations/0002_more.py", "requirements.txt"])
def test_changed_code_is_waited_for(data: Path, sources: Path, manage, name: str) -> None:
    manage(0)
    prepare(data)
    path = sources / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("changed = True\n")
    assert not preparation.was_done(run_with(data, "postgres"))


def test_an_emptied_data_directory_is_waited_for(data: Path, sources: Path, manage) -> None:
    manage(0)
    prepare(data)
    layout.empty(Layout(data=data, server_home=data))
    assert not preparation.was_done(run_with(data, "postgres"))


def test_a_database_that_others_keep_is_always_waited_for(data: Path, sources: Path, manage) -> None:
    manage(0)
    prepare(data)
    assert not preparation.was_done(run_with(data))


def test_a_step_left_early_is_stopped(tmp_path: Path) -> None:
    log = tmp_path / "step.log"
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with pytest.raises(KeyError), oneshot.beside([sys.executable, "-c", code], log=log, failure=LauncherError("x")):
        assert signals.wait_until(lambda: bool(log.read_text()), seconds=10)
        raise KeyError
    with pytest.raises(ProcessLookupError):
        os.kill(int(log.read_text()), 0)
