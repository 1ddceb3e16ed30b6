"""The command that tries packs on scenarios, as somebody runs it at a terminal, with no database anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "compliance" / "packs" / "shipped"
SCENARIOS = Path(__file__).parent / "scenarios"
ONE = """scenarios:
- n: 1
  base: {packs: [house], tz: [UTC], facts: {role: first_party_creditor}, action: {kind: contact, channel: voice}}
  cases:
  - {c: a, t: at noon, now: "2026-11-24T12:00:00+00:00", expect: {decision: ALLOW}}
  - {c: b, t: at night, now: "2026-11-24T22:00:00+00:00", expect: {decision: %s, until: "2026-11-25T08:00:00+00:00"}}
"""


def run(packs: Path, scenarios: Path) -> tuple[int, dict, str]:
    command = [sys.executable, str(ROOT / "manage.py"), "evaluate_policy", "--packs", str(packs), "--json"]
    env = os.environ | {"SANDBOX": "1", "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    done = subprocess.run(
        [*command, "--scenarios", str(scenarios)], capture_output=True, text=True, env=env, cwd=ROOT, check=False
    )
    return done.returncode, json.loads(done.stdout), done.stderr


def test_it_prints_every_case_and_ends_well_when_all_are_as_expected(tmp_path):
    (tmp_path / "s.yaml").write_text(ONE % "DEFER")
    code, told, _ = run(SHIPPED, tmp_path / "s.yaml")
    assert code == 0
    assert told["summary"] == {"cases": 2, "ok": 2, "different": 0, "unreadable": 0}
    assert told["cases"][1] == {
        "scenario": 1,
        "case": "b",
        "title": "at night",
        "expected": {"decision": "DEFER", "until": "2026-11-25T08:00:00+00:00"},
        "got": {"decision": "DEFER", "until": "2026-11-25T08:00:00+00:00", "rules": ["HOUSE-TIME"]},
        "rules": ["HOUSE-TIME"],
        "reasons": ["Outside the permitted hours (UTC)."],
        "ok": True,
    }


def test_a_difference_ends_with_one(tmp_path):
    (tmp_path / "s.yaml").write_text(ONE % "BLOCK")
    code, told, _ = run(SHIPPED, tmp_path / "s.yaml")
    assert code == 1
    assert [case["ok"] for case in told["cases"]] == [True, False]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("packs: [house]", "packs: [hause]"), "unknown_pack"),
        (("tz: [UTC]", "tz: [Mars/Olympus]"), "unknown_zone"),
        (("channel: voice", "channel: voise"), "unknown_channel"),
        (('now: "2026-11-24T22', 'now: "2026-11-31T22'), "bad_moment"),
        (("decision: DEFER", "decision: LATER"), "unknown_decision"),
        (("expect: {decision: ALLOW}", "compute: 'open(1)', expect: {value: 1}"), "unknown_function"),
        (("expect: {decision: ALLOW}", "compute: '().__class__', expect: {value: 1}"), "bad_compute"),
    ],
)
def test_what_cannot_be_read_is_named_and_ends_with_two(tmp_path, change, error):
    (tmp_path / "s.yaml").write_text((ONE % "DEFER").replace(*change))
    code, told, _ = run(SHIPPED, tmp_path / "s.yaml")
    assert code == 2
    assert error in [case["got"].get("error") for case in told["cases"]]


def test_a_bad_pack_is_named_and_ends_with_two(tmp_path):
    (tmp_path / "bad.yaml").write_text(
        "schema: policy-pack/1\npack: {id: p, version: 1}\nrules: [{id: R, type: x, params: {}}]\n"
    )
    code, told, shown = run(tmp_path, SCENARIOS / "us.yaml")
    assert code == 2
    assert (told["error"], told["rule"], told["field"]) == ("unknown_type", "R", "type")
    assert "unknown_type" in shown
