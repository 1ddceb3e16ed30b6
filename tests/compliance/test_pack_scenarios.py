"""Scenario files as expected, and every number of a shipped pack held by one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from compliance.packs.loader import load_packs
from compliance.packs.scenarios import Runner, read_cases
from compliance.packs.schema import Pack, Rule

HERE = Path(__file__).parent / "scenarios"
SHIPPED = Path(__file__).resolve().parents[2] / "compliance" / "packs" / "shipped"
OWN = sorted(HERE.glob("*.yaml"))


@pytest.fixture(scope="module")
def packs():
    return load_packs(SHIPPED)


def differences(packs, path: Path) -> list[str]:
    return [
        f"{one.scenario}{one.case}: expected {dict(one.expected)}, got {dict(one.got)} ({'; '.join(one.reasons)})"
        for one in Runner(packs).run(path)
        if not one.ok
    ]


def test_every_published_scenario_comes_out_as_published(shared: Path):
    folder = shared / "policy_packs"
    assert differences(load_packs(folder), folder / "scenarios.yaml") == []


def test_the_shipped_packs_agree_with_the_published_scenarios(shared: Path, packs):
    assert differences(packs, shared / "policy_packs" / "scenarios.yaml") == []


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_every_scenario_of_ours_comes_out_as_written(packs, path: Path):
    assert differences(packs, path) == []


def test_every_shipped_rule_decides_at_least_one_scenario(packs):
    spoken = {rule for path in OWN for one in Runner(packs).run(path) for rule in one.got.get("rules", [])}
    assert sorted({rule.id for pack in packs for rule in pack.rules} - spoken - UNSPOKEN) == []


# Nothing in them turns a decision of ours: another rule of the same pack says the same first.
UNSPOKEN: set[str] = set()

# Kept as the law states it, while the platform does more: it stops at once, and tells the bank by itself.
STATED_ONLY = {"honour_within", "bank_cutoff", "written_confirmation_days"}


def mutants(rule: Rule) -> Iterator[tuple[str, Rule]]:
    for name, value in rule.params.items():
        if name not in STATED_ONLY:
            for where, changed in changes(value):
                yield f"{name}{where}", replace(rule, params={**rule.params, name: changed})
    if rule.effective.start != date.min:
        yield "effective.from", replace(rule, effective=replace(rule.effective, start=rule.effective.start + DAY))


DAY = timedelta(days=1)


def changes(value: Any) -> Iterator[tuple[str, Any]]:
    """Each number by one, each code left out once."""
    if isinstance(value, bool):
        return
    if isinstance(value, int | Decimal):
        yield "", value + 1
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from ((f".{key}{where}", {**value, key: changed}) for where, changed in changes(one))
    elif isinstance(value, frozenset) and all(isinstance(one, str) for one in value):
        yield from ((f"-{one}", value - {one}) for one in sorted(value) if any(letter.isdigit() for letter in one))
    elif isinstance(value, tuple) and len(value) == 3 and isinstance(value[0], frozenset):
        days, start, end = value
        yield " from", (days, start + 1, end)
        yield " to", (days, start, end - 1)
    elif isinstance(value, tuple):
        for place, one in enumerate(value):
            for where, changed in changes(one):
                yield f"[{place}]{where}", (*value[:place], changed, *value[place + 1 :])


def answers(packs: tuple[Pack, ...], cases) -> list[Any]:
    runner = Runner(packs)
    return [(one.got, one.reasons) for one in (runner.judge(*case) for case in cases)]


def test_a_changed_number_changes_a_decision(packs):
    """A number that could be another one without anybody noticing is a number nobody checks."""
    cases = [case for path in OWN for case in read_cases(path)]
    by_pack: dict[str, list[Any]] = {pack.id: [] for pack in packs}
    for case in cases:
        wanted = case[2].get("packs", [pack.id for pack in packs] if "compute" in case[2] else [])
        for pack in packs:
            if pack.id in wanted:
                by_pack[pack.id].append(case)
    survivors = []
    for place, pack in enumerate(packs):
        before = answers(packs, by_pack[pack.id])
        for number, rule in enumerate(pack.rules):
            for where, mutant in mutants(rule):
                rules = (*pack.rules[:number], mutant, *pack.rules[number + 1 :])
                changed = (*packs[:place], replace(pack, rules=rules), *packs[place + 1 :])
                if answers(changed, by_pack[pack.id]) == before:
                    survivors.append(f"{rule.id} {where}")
    assert survivors == []
