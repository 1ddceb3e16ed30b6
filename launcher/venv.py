"""Makes `.venv` and installs the hashed lock into it: with uv where it works, else with pip."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from launcher import locks, oneshot, say
from launcher.errors import LauncherError
from launcher.layout import ROOT

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed.json"
LOG = VENV / "install.log"
RUNTIME = ROOT / "requirements.txt"
# Holds the runtime's packages too, so it serves both purposes.
DEVELOPMENT = ROOT / "requirements-dev.txt"
# The lock is complete, and once overrides what a package asks for (see pyproject.toml): nothing is resolved again.
LOCKED = ("--require-hashes", "--no-deps")
FAILED = "installing the packages failed."
FAILED_TODO = "check that this machine reaches a package index (pip's own settings are used), then run it again"


def ensure(*, development: bool) -> None:
    """Returns at once when the stamp says that this very lock is installed."""
    with locks.directory_lock(ROOT):
        if not _usable():
            _create()
        if not _is_installed(DEVELOPMENT if development else RUNTIME):
            _install(DEVELOPMENT if development or _is_stamped(DEVELOPMENT) else RUNTIME)


def _usable() -> bool:
    """An environment whose Python was removed, or is too old, is made again."""
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    with suppress(OSError):
        return subprocess.run([PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0
    return False


def _create() -> None:
    with say.step("Making .venv"):
        shutil.rmtree(VENV, ignore_errors=True)
        _check_writable()
        if uv := _uv():
            command = [uv, "venv", "--quiet", "--python", sys.executable, str(VENV)]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return
        _create_without_uv()


def _check_writable() -> None:
    if not os.access(ROOT, os.W_OK):
        raise LauncherError(
            f"{ROOT} is not writable for this user, so .venv cannot be made in it.",
            todo="copy the project to a directory of your own and run it there",
        )


def _create_without_uv() -> None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if importlib.util.find_spec("ensurepip") is None:
        raise LauncherError(
            "this Python comes without ensurepip, as Debian's and Ubuntu's do until its package is installed.",
            todo=f"apt install python{version}-venv (as root), or install uv; then run it again",
        )
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise LauncherError(
            f"python -m venv failed: {made.stderr.strip() or made.stdout.strip()}",
            todo=f"apt install python{version}-venv (Debian, Ubuntu), or install uv; then run it again",
        )


def _install(requirements: Path) -> None:
    with say.step(f"Installing {requirements.name}") as progress:
        if not _install_with_uv(requirements, progress):
            _install_with_pip(requirements, progress)
    _stamp(requirements)


def _install_with_uv(requirements: Path, progress: say.Step) -> bool:
    """False where uv is missing or fails: its index settings are not pip's, so pip may still succeed."""
    uv = _uv()
    if not uv:
        return False
    command = [uv, "pip", "install", "--python", str(PYTHON), *LOCKED, "-r", str(requirements)]
    with suppress(LauncherError):
        oneshot.run(command, log=LOG, failure=LauncherError(FAILED), progress=progress, cwd=ROOT)
        return True
    say.line("  uv could not install them; trying pip")
    return False


def _install_with_pip(requirements: Path, progress: say.Step) -> None:
    failure = LauncherError(FAILED, todo=FAILED_TODO)
    if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode != 0:
        oneshot.run([PYTHON, "-m", "ensurepip"], log=LOG, failure=failure, progress=progress)
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    command = [str(PYTHON), "-m", "pip", "install", *LOCKED, *options, "-r", str(requirements)]
    oneshot.run(command, log=LOG, failure=failure, progress=progress, cwd=ROOT, env=os.environ | {"PIP_USER": "0"})


def _uv() -> str | None:
    """A version manager's shim may be on the path and still refuse to run."""
    found = shutil.which("uv")
    if not found:
        return None
    works = subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0
    return found if works else None


def _digest(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


def _stamped() -> dict[str, str]:
    with suppress(OSError, ValueError):
        return dict(json.loads(STAMP.read_text()))
    return {}


def _is_stamped(requirements: Path) -> bool:
    return requirements.name in _stamped()


def _is_installed(requirements: Path) -> bool:
    return _stamped().get(requirements.name) == _digest(requirements)


def _stamp(requirements: Path) -> None:
    covered = [RUNTIME, DEVELOPMENT] if requirements == DEVELOPMENT else [RUNTIME]
    STAMP.write_text(json.dumps({path.name: _digest(path) for path in covered}))
