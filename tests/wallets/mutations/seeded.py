"""A seeded bug, and a run of an adapter's tests with it."""

import importlib
import os
import pkgutil
import signal
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[3]
TABLES = Path(__file__).parent / "tables"
PLUGIN = "tests.wallets.mutations.plugin"
HEAVY = ("httpx", "hypothesis", "stripe", "django.test", "_pytest.assertion.rewrite", "pytest_django.plugin")
LONGEST_SECONDS = 900
CAUGHT, SURVIVED, BROKEN = 1, 0, 70


@dataclass(frozen=True)
class Mutation:
    """In `file` (below `wallets/providers/`) the text `old`, which must be there once, becomes `new`.

    `by` chooses the tests expected to notice (as pytest's -k); they are tried first, and all of them if they do not.
    """

    name: str
    file: str
    old: str
    new: str
    by: str = ""

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
    if mutation.by and _tested(table, seeded, "-k", mutation.by) == CAUGHT:
        return CAUGHT
    return _tested(table, seeded)


def outcome_without(table: Table) -> int:
    """The same run without a bug, which must be green for the others to mean anything."""
    return _tested(table, {})


def _tested(table: Table, seeded: dict[str, str], *more: str) -> int:
    """In a fork of a process that has read everything but the adapters: most of a test run is reading libraries."""
    _warm_up()
    options = ["-x", "-q", "-p", PLUGIN, "-p", "no:cacheprovider", "--no-header", "--tb=no", *more]
    files = [str(ROOT / "tests" / "wallets" / name) for name in table.tests]
    child = os.fork()
    if child == 0:
        _become(seeded, [*options, *files])
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@cache
def _warm_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_platform.settings")
    for name in HEAVY:
        importlib.import_module(name)
    importlib.import_module("django").setup()
    importlib.import_module("wallets.sandbox.merchant").packages("simulator")


def _become(seeded: dict[str, str], arguments: list[str]) -> NoReturn:
    """The forked child: silent, with the bug in its environment, ended by the clock if by nothing else."""
    status = BROKEN
    try:
        signal.alarm(LONGEST_SECONDS)
        silence = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(silence, stream)
        os.environ.update(seeded)
        status = int(pytest.main(arguments))
    finally:
        os._exit(status)
