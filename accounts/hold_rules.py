"""What each kind of hold stops, for whom, and who may lift it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import Hold
from accounts.models.holds import EVERYTHING


@dataclass(frozen=True, slots=True)
class HoldRule:
    """`whole_person`: it covers every account of the debtor. `protected`: only a supervisor may end it.

    `lets_pay`: nothing is demanded or debited, and the person may still pay of their own wish, on their page.
    """

    blocks: tuple[str, ...]
    whole_person: bool
    protected: bool
    review_days: int | None
    lets_pay: bool = False


ALL = tuple(EVERYTHING)
HOLD_RULES: dict[str, HoldRule] = {
    "dispute": HoldRule(ALL, whole_person=False, protected=False, review_days=14),
    "hardship": HoldRule(
        ("contact", "debit", "interest"), whole_person=True, protected=False, review_days=30, lets_pay=True
    ),
    "breathing_space": HoldRule(ALL, whole_person=True, protected=True, review_days=30),
    "bankruptcy": HoldRule(ALL, whole_person=True, protected=True, review_days=90),
    "deceased": HoldRule(ALL, whole_person=True, protected=True, review_days=30),
    "cease": HoldRule(("contact",), whole_person=True, protected=True, review_days=None),
    "represented": HoldRule(("contact",), whole_person=True, protected=True, review_days=90),
    "vulnerable": HoldRule(("contact", "debit"), whole_person=True, protected=True, review_days=30),
    "complaint": HoldRule(("contact",), whole_person=False, protected=False, review_days=14),
}
# Each says why a hold may not be ended by itself, in words, or "": what it protects runs elsewhere and ends there.
KEPT_FOR: list[Callable[[Hold], str]] = []


def why_kept(hold: Hold) -> str:
    return next((words for asked in KEPT_FOR if (words := asked(hold))), "")


LETS_PAY = tuple(kind for kind, rule in HOLD_RULES.items() if rule.lets_pay)
