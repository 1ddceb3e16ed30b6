"""One text, read once: what is refused, what is meant, which day is named, and whether a person should look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from compliance.gate import EVERY_CHANNEL
from reminders.channels.base import Keyword
from reminders.understanding.classifier import classify
from reminders.understanding.dates import day_in, is_only_a_day
from reminders.understanding.intents import GRAVITY, Intent, Meant
from reminders.understanding.keywords import keyword_of
from reminders.understanding.normal import plain
from reminders.understanding.refusals import refusal_in_plain
from reminders.understanding.rules import rules_say

# A refusal missed is worse than one too many, so little is needed for it; anything else needs more than half.
ENOUGH = 0.6
ENOUGH_TO_STOP = 0.5
ENOUGH_TO_STOP_BESIDE_A_RULE = 0.8
WORTH_A_LOOK = 0.3
# These say so much that what else the sentence sounds like is not worth guessing at.
_SPEAK_ALONE = frozenset({Intent.OPT_OUT, Intent.ABUSE})


@dataclass(frozen=True, slots=True)
class Understanding:
    """`refusal`: None, "" (the channel they wrote on) or "*". `meant`: the gravest first, empty when nothing is
    certain enough. `day`: the day a promise names. `unsure`: a person should read it, whatever was done."""

    keyword: Keyword | None
    refusal: str | None
    meant: tuple[Meant, ...]
    day: date | None = None
    unsure: bool = False

    @property
    def leading(self) -> Intent:
        return self.meant[0].intent if self.meant else Intent.OTHER

    def means(self, intent: Intent) -> bool:
        return any(each.intent is intent for each in self.meant)


def understand(text: str, *, today: date) -> Understanding:
    """`today` is the person's own. Never raises, whatever the text holds."""
    said = plain(text)
    keyword = keyword_of(text)
    if keyword is Keyword.STOP:
        return Understanding(keyword, refusal_in_plain(said) or EVERY_CHANNEL, (Meant(Intent.OPT_OUT),))
    if keyword is not None:
        return Understanding(keyword, None, ())
    return _read(text, said, today)


def _read(text: str, said: str, today: date) -> Understanding:
    refusal = refusal_in_plain(said)
    day = day_in(text, today)
    found = rules_say(said) | ({Intent.OPT_OUT} if refusal is not None else set())
    if day and not found and is_only_a_day(text):
        found = {Intent.PROMISE}
    if found & {Intent.PAID, Intent.OPTIONS, Intent.HOW_TO_PAY} and not (day and Intent.PAID not in found):
        found.discard(Intent.PROMISE)
    likely = classify(said) if said else {}
    added = _added(likely, found)
    if added and added[0].intent is Intent.OPT_OUT:
        refusal = ""
    meant = sorted([Meant(intent) for intent in found] + added, key=lambda each: GRAVITY[each.intent])
    return Understanding(None, refusal, tuple(meant), day, unsure=_unsure(meant, likely))


def _added(likely: dict[Intent, float], found: set[Intent]) -> list[Meant]:
    """What the classifier adds to the rules: a refusal on little, another meaning only where no rule spoke."""
    if found & _SPEAK_ALONE:
        return []
    stop = likely.get(Intent.OPT_OUT, 0.0)
    if stop >= (ENOUGH_TO_STOP_BESIDE_A_RULE if found else ENOUGH_TO_STOP):
        return [Meant(Intent.OPT_OUT, stop, sure=False)]
    best = max(likely, key=lambda intent: likely[intent], default=Intent.OTHER)
    if found or best is Intent.OTHER or likely[best] < ENOUGH:
        return []
    return [Meant(best, likely[best], sure=False)]


def _unsure(meant: list[Meant], likely: dict[Intent, float]) -> bool:
    if not meant:
        return True
    return not all(each.sure for each in meant) or (
        likely.get(Intent.OPT_OUT, 0.0) >= WORTH_A_LOOK and not any(each.intent is Intent.OPT_OUT for each in meant)
    )
