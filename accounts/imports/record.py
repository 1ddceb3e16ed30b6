"""One row as it is understood, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True)
class Record:
    """Amounts in minor units; `components` are principal, interest, fees and costs; history is newest first.

    `assumed` names what no cell said: good enough for a person nobody knew, no news about one who is known.
    """

    line: int
    account_reference: str = ""
    customer_reference: str = ""
    name: str = ""
    birth_year: str = ""
    country: str = ""
    language: str = ""
    time_zone: str = ""
    assumed: list[str] = field(default_factory=list)
    product: str = "other"
    segment: str = ""
    currency: str = ""
    due_date: date = date.min
    components: tuple[int, int, int, int] = (0, 0, 0, 0)
    credit_limit: int | None = None
    newest_month: date | None = None
    billed: list[int | None] = field(default_factory=list)
    paid: list[int | None] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    address: str = ""
    consents: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return sum(self.components)
