"""The tables of seeded bugs fit the sources; with `-m mutations` every bug is seeded and must be caught."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.wallets.mutations.seeded import CAUGHT, ROOT, outcome, outcome_without, tables

LEAST = 15
TABLES = tables()
EVERY = [(table, mutation) for table in TABLES.values() for mutation in table.mutations]


@cache
def program(path: Path) -> str:
    return ast.dump(ast.parse(path.read_text()))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_an_adapter_is_spoilt_in_at_least_fifteen_ways(table):
    assert len({mutation.name for mutation in table.mutations}) == len(table.mutations) >= LEAST
    assert all((ROOT / "tests" / "wallets" / name).exists() for name in table.tests)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_seeded_bug_fits_its_source_and_still_is_a_program(table):
    for mutation in table.mutations:
        assert ast.dump(ast.parse(mutation.spoilt())) != program(mutation.path), mutation.name


@pytest.mark.mutations
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_tests_are_green_without_a_bug(table):
    assert outcome_without(table) == 0


@pytest.mark.mutations
@pytest.mark.parametrize(
    ("table", "mutation"), EVERY, ids=[f"{table.adapter}: {mutation.name}" for table, mutation in EVERY]
)
def test_a_seeded_bug_is_caught(table, mutation):
    assert outcome(table, mutation) == CAUGHT
