from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from launcher import venv
from launcher.errors import LauncherError


def test_a_python_without_ensurepip_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(venv, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(venv, "_uv", lambda: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(LauncherError, match=r"apt install python3\.\d+-venv"):
        venv._create()


def test_a_changed_lock_is_installed_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("one==1\n")
    monkeypatch.setattr(venv, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(venv, "RUNTIME", lock)
    assert not venv._is_installed(lock)
    venv._stamp(lock)
    assert venv._is_installed(lock)
    lock.write_text("one==2\n")
    assert not venv._is_installed(lock)


def test_an_environment_whose_python_is_gone_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to(tmp_path / "removed")
    monkeypatch.setattr(venv, "PYTHON", tmp_path / "python")
    assert not venv._usable()
