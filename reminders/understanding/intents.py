"""What a person may mean, the gravest first: that order decides which meaning leads when a message has several."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Intent(StrEnum):
    OPT_OUT = "opt_out"
    DECEASED = "deceased"
    WRONG_PERSON = "wrong_person"
    REPRESENTED = "represented"
    BANKRUPTCY = "bankruptcy"
    DISPUTE = "dispute"
    HARDSHIP = "hardship"
    ABUSE = "abuse"
    COMPLAINT = "complaint"
    PAID = "paid"
    PROMISE = "promise"
    HUMAN = "human"
    OPTIONS = "options"
    HOW_TO_PAY = "how_to_pay"
    BALANCE = "balance"
    OTHER = "other"


GRAVITY = {intent: rank for rank, intent in enumerate(Intent)}


@dataclass(frozen=True, slots=True)
class Meant:
    """One meaning; `sure` when a rule says so. The classifier's meanings carry its confidence instead."""

    intent: Intent
    confidence: float = 1.0
    sure: bool = True
