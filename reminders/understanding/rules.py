"""Turns of phrase that leave little doubt, from `data/phrases.toml`. The classifier cannot take back what they find."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from reminders.understanding.intents import Intent

PHRASES = Path(__file__).parent / "data" / "phrases.toml"
REFUSE_EVERYTHING, REFUSE_CHANNEL = "refuse_everything", "refuse_channel"


@cache
def phrases() -> Mapping[str, re.Pattern[str]]:
    """One pattern for each list of the file: the meanings by name, and the two refusals."""
    stored = tomllib.loads(PHRASES.read_text(encoding="utf-8"))
    return {
        name: re.compile("|".join(_written_out(stored["shared"], p) for p in parts))
        for name, parts in stored["phrases"].items()
    }


def _written_out(shared: Mapping[str, str], pattern: str) -> str:
    for name, text in shared.items():
        pattern = pattern.replace("{" + name + "}", text)
    return pattern


def rules_say(said: str) -> set[Intent]:
    """Every meaning a rule finds in a plain text (see `normal.plain`)."""
    return {intent for intent in Intent if intent in phrases() and phrases()[intent].search(said)}
