"""The words of the validation notice in the three languages it is given in, one file each.

English follows model form B-1 (12 CFR part 1006, appendix B), which the law lets a collector use word for word.
Spanish and Chinese are translations of ours: the Bureau's own Spanish form is not copied here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "validation"
LOCALES: Mapping[str, str] = {"en": "en_US", "es": "es_US", "zh": "zh_Hans"}


@cache
def words_of(language: str) -> Mapping[str, Any]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
