"""`manage.py prepare`: migrations, defaults, the demo. What this very code has prepared before holds nothing up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from launcher import oneshot, say, services, venv
from launcher.errors import LauncherError
from launcher.layout import ROOT, Layout
from launcher.session import Session

FAILED = "preparing the database failed."
FAILED_TODO = "read the log below; `python3 run.py --reset` starts again with an empty database"


@contextmanager
def begun(place: Layout, *, env: Mapping[str, str], demo: bool) -> Iterator[Callable[[], None]]:
    """Begins it; what is yielded waits for its end, or raises LauncherError."""
    command = [str(venv.PYTHON), str(services.MANAGE), "prepare", "--facts", str(place.facts_file)]
    command += [] if demo else ["--no-demo"]
    failure = LauncherError(FAILED, todo=FAILED_TODO)
    with oneshot.beside(command, log=place.log("prepare"), failure=failure, env=env, cwd=ROOT) as finish:

        def wait() -> None:
            with say.step("Preparing the database" + (" and the demo" if demo else "")) as progress:
                finish(progress)
            _stamp(place).write_text(_digest(ROOT))

        yield wait


def was_done(running: Session) -> bool:
    """Whether this very code has prepared this database before. Only ever a reason not to wait for it: it runs all
    the same, and applies what is missing. Of a database that somebody else keeps we know nothing."""
    if all(child.name != "postgres" for child in running.family.children):
        return False
    with suppress(OSError):
        return _stamp(running.layout).read_text() == _digest(ROOT)
    return False


def _stamp(place: Layout) -> Path:
    return place.data / "prepared"


def _digest(root: Path) -> str:
    """Names, sizes and times are enough to notice an edit, and take a moment only."""
    seen = [f"{path.relative_to(root)} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in _sources(root)]
    return hashlib.sha256("\n".join(sorted(seen)).encode()).hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    """What migrations, defaults and the demo are made of; the packages they use are in the lock."""
    yield root / "requirements.txt"
    for folder in root.iterdir():
        if folder.is_dir() and not folder.name.startswith(".") and folder.name != "tests":
            yield from folder.rglob("*.py")
