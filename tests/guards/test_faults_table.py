"""The table of faults names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_in_the_table_of_faults_is_there():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "faults.md").read_text()))
    written = "\n".join(file.read_text() for file in (ROOT / "tests" / "faults").glob("test_*.py"))
    assert len(named) > 25
    assert {name for name in named if f"def {name}(" not in written} == set()
