"""What each kind of hold stops, for whom, and who may lift it."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models.holds import EVERYTHING


@dataclass(frozen=True, slots=True)
class HoldRule:
    """`whole_person`: it covers every account of the debtor. `protected`: only a supervisor may end it."""

    blocks: tuple[str, ...]
    whole_person: bool
    protected: bool
    review_days: int | None


ALL = tuple(EVERYTHING)
HOLD_RULES: dict[str, HoldRule] = {
    "dispute": HoldRule(ALL, whole_person=False, protected=False, review_days=14),
    "hardship": HoldRule(("contact", "debit", "interest"), whole_person=True, protected=False, review_days=30),
    "breathing_space": HoldRule(ALL, whole_person=True, protected=True, review_days=30),
    "bankruptcy": HoldRule(ALL, whole_person=True, protected=True, review_days=90),
    "deceased": HoldRule(ALL, whole_person=True, protected=True, review_days=30),
    "cease": HoldRule(("contact",), whole_person=True, protected=True, review_days=None),
    "represented": HoldRule(("contact",), whole_person=True, protected=True, review_days=90),
    "vulnerable": HoldRule(("contact", "debit"), whole_person=True, protected=True, review_days=30),
    "complaint": HoldRule(("contact",), whole_person=False, protected=False, review_days=14),
}
