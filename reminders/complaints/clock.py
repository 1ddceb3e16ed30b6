"""How long a complaint may wait, by the place the person lives in.

A place without a line has the house's own clock. Working days are written as the same number of plain days, which is
earlier. The figures are as known to us and have not been read in their sources: counsel of the place has to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

CONFIRM_DAYS, ANSWER_DAYS = 2, 14


@dataclass(frozen=True, slots=True)
class Clock:
    confirm: int
    answer: int
    source: str


HOUSE = Clock(CONFIRM_DAYS, ANSWER_DAYS, "house rule")
CLOCKS: Mapping[str, Clock] = {
    "AU": Clock(1, 30, "ASIC RG 271: 24 hours, 30 days"),
    "BR": Clock(1, 10, "CMN Res. 4.860/2020 art. 6: 10 working days"),
    "CN": Clock(2, 15, "CBIRC Order 2020/3 art. 17: 15 days"),
    "GB": Clock(5, 56, "FCA DISP 1.6: 8 weeks"),
    "HK": Clock(7, 30, "HKMA SPM IC-4: 7 days, 30 days"),
    "IN": Clock(2, 30, "RBI Integrated Ombudsman Scheme 2021 cl. 10: 30 days"),
    "PH": Clock(2, 7, "BSP Circular 1160/2022: 7 days for a simple one"),
    "US": Clock(2, 15, "CFPB company portal: 15 days"),
}


def clock_of(country: str) -> tuple[str, Clock]:
    """The name of the rule that is kept with the complaint, and the rule."""
    return (country, CLOCKS[country]) if country in CLOCKS else ("house", HOUSE)


def source_of(rule: str) -> str:
    return CLOCKS.get(rule, HOUSE).source


def deadlines(country: str, opened_at: datetime) -> tuple[str, datetime, datetime]:
    rule, clock = clock_of(country)
    return rule, opened_at + timedelta(days=clock.confirm), opened_at + timedelta(days=clock.answer)
