"""Facts come from many hands: whatever stands in them, there is a decision or a named error."""

from __future__ import annotations

import random
from datetime import date, datetime
from pathlib import Path

import pytest

from compliance.packs.errors import PackError
from compliance.packs.loader import load_packs
from compliance.packs.scenarios import Runner, read_cases

SHIPPED = Path(__file__).resolve().parents[2] / "compliance" / "packs" / "shipped"
STRANGE = [
    None, True, False, "unknown", "", 0, -1, "2026-11-20", date(2026, 11, 20),
    datetime.fromisoformat("2026-11-20T09:00:00"), [], ["a"],
    {"at": "2026-11-20"}, {"x": 1}, "yes", "2026-99-99", 3.5, {"from": "2026-11-01", "until": "2027-01-01"},
]  # fmt: skip


def names_in(packs) -> list[str]:
    found = {word for pack in packs for rule in pack.rules for word in rule.scope.needs.split()}
    for value in (value for pack in packs for rule in pack.rules for value in rule.params.values()):
        found |= {value} if isinstance(value, str) else set()
        found |= {one for one in value if isinstance(one, str)} if isinstance(value, tuple) else set()
    return sorted(found)


@pytest.mark.parametrize("seed", range(4))
def test_strange_facts_end_in_a_decision_or_a_named_error(seed):
    packs, dice = load_packs(SHIPPED), random.Random(seed)
    runner, names = Runner(packs), names_in(packs)
    cases = [one for file in sorted((Path(__file__).parent / "scenarios").glob("*.yaml")) for one in read_cases(file)]
    decided = 0
    for number, scenario, case, place in dice.sample([one for one in cases if "action" in one[2]], 300):
        strange = {**case, "facts": dict(case["facts"]), "action": dict(case["action"])}
        for _ in range(dice.randrange(1, 4)):
            dice.choice([strange["facts"], strange["action"]])[dice.choice(names)] = dice.choice(STRANGE)
        if strange["action"] and dice.random() < 0.3:
            strange["action"][dice.choice(sorted(strange["action"]))] = dice.choice(STRANGE)
        try:
            runner.judge(number, scenario, strange, place)
            decided += 1
        except PackError as error:
            assert error.code and error.place.file
    assert decided > 200
