"""A seeded bug, and a run of an adapter's tests with it."""

import importlib
import os
import pkgutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TABLES = Path(__file__).parent / "tables"
PLUGIN = "tests.wallets.mutations.plugin"
LONGEST_SECONDS = 900
CAUGHT, SURVIVED = 1, 0


@dataclass(frozen=True)
class Mutation:
    """In `file` (below `wallets/providers/`) the text `old`, which must be there once, becomes `new`."""

    name: str
    file: str
    old: str
    new: str

    @property
    def path(self) -> Path:
        return ROOT / "wallets" / "providers" / self.file

    def spoilt(self) -> str:
        """The source with the bug; raises when the table no longer fits it."""
        source = self.path.read_text()
        if source.count(self.old) != 1:
            raise LookupError(f"{self.name}: {self.file} holds the old text {source.count(self.old)} times")
        return source.replace(self.old, self.new)


@dataclass(frozen=True)
class Table:
    """`tests` are the test files of the adapter, those that find bugs fastest first."""

    adapter: str
    tests: tuple[str, ...]
    mutations: tuple[Mutation, ...]


def tables() -> dict[str, Table]:
    names = [found.name for found in pkgutil.iter_modules([str(TABLES)])]
    return {name: importlib.import_module(f"tests.wallets.mutations.tables.{name}").TABLE for name in names}


def outcome(table: Table, mutation: Mutation) -> int:
    """`CAUGHT`, `SURVIVED`, or another exit status of pytest when its run says nothing."""
    seeded = {"SEEDED_FILE": str(mutation.path), "SEEDED_OLD": mutation.old, "SEEDED_NEW": mutation.new}
    return _tested(table, seeded)


def outcome_without(table: Table) -> int:
    """The same run without a bug, which must be green for the others to mean anything."""
    return _tested(table, {})


def _tested(table: Table, seeded: dict[str, str]) -> int:
    options = ["-x", "-q", "-p", PLUGIN, "-p", "no:cacheprovider", "--no-header", "--tb=no"]
    files = [f"tests/wallets/{name}" for name in table.tests]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *files],
        cwd=ROOT,
        env={**os.environ, **seeded, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
    )
    return run.returncode
