"""Everything needed to understand a row, as plain data that can be stored with the job and sent to a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from accounts.imports.amounts import POINT
from accounts.imports.fields import BILLED, PAID


@dataclass(frozen=True)
class ReadingPlan:
    """`columns` is field -> position in the row; `orders` is date field -> order of its column."""

    headers: list[str]
    columns: dict[str, int]
    decimal: str = POINT
    orders: dict[str, str] = field(default_factory=dict)
    currency: str = ""
    country: str = ""
    language: str = ""
    as_of: date = date.min
    today: date = date.min
    payments_included: str = ""

    def months(self) -> list[str]:
        """The months of history from the newest to the oldest, gaps included: `2005-09`, `2005-08`..."""
        named = sorted(name.partition(":")[2] for name in self.columns if name.startswith((f"{BILLED}:", f"{PAID}:")))
        if not named:
            return []
        first, last = (int(text[:4]) * 12 + int(text[5:]) - 1 for text in (named[0], named[-1]))
        return [f"{number // 12}-{number % 12 + 1:02d}" for number in range(last, first - 1, -1)]

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"as_of": self.as_of.isoformat(), "today": self.today.isoformat()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ReadingPlan:
        dates = {name: date.fromisoformat(stored[name]) for name in ("as_of", "today")}
        return cls(**{**stored, **dates})


def positions(headers: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    return {name: headers.index(header) for name, header in columns.items() if header in headers}
