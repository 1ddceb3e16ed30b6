"""By when a dispute is answered, by the place the person lives in.

No law read so far names a number of days for the answer itself: the days are the house's, and each line says what the
law of the place does say, where that was read and how sure we are. `confidence`: P the text itself was read, S told by
a second hand, K known to us and not read again, house: ours alone. A place without a line has the house's own clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HOUSE_DAYS = 30
# In the United States a dispute in writing within this many days of the notice stops collection by law.
VALIDATION_DAYS = 30


@dataclass(frozen=True, slots=True)
class Clock:
    days: int
    source: str
    confidence: str
    says: Promise


HOUSE = Clock(HOUSE_DAYS, "house rule", "house", _("No law of the place is known to us for this. The days are ours."))
CLOCKS: Mapping[str, Clock] = {
    "US": Clock(
        VALIDATION_DAYS,
        "15 USC 1692g(b); 12 CFR 1006.34(b)(5), 1006.38(d)(2)",
        "P",
        _(
            "A dispute in writing within the validation period stops collection until the verification is sent. The law"
            " names no day for the answer: ours is as long as that period."
        ),
    ),
    "GB": Clock(
        HOUSE_DAYS,
        "FCA CONC 7.14.1R, 7.14.3R to 7.14.5R",
        "P",
        _(
            "Collection is suspended while a dispute on possibly valid grounds is looked into, we bear the proof, and"
            " the outcome is reported. The rules name no day: ours is the house's."
        ),
    ),
}


def clock_of(country: str) -> tuple[str, Clock]:
    """The name of the rule that is kept with the dispute, and the rule."""
    return (country, CLOCKS[country]) if country in CLOCKS else ("house", HOUSE)


def clock_named(rule: str) -> Clock:
    return CLOCKS.get(rule, HOUSE)


def answer_by(country: str, opened_at: datetime) -> tuple[str, datetime]:
    rule, clock = clock_of(country)
    return rule, opened_at + timedelta(days=clock.days)
