"""cooldown: a quiet period after something happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext_noop

from compliance.packs.actions import Entry
from compliance.packs.look import Look, first_instant
from compliance.packs.names import also_called
from compliance.packs.rules.counting import COUNTERS, Counter, counter
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind

_QUIET = gettext_noop("Quiet is to be kept for a while after the last one.")
# Names of what happens that need no tag.
_EVENTS: dict[str, Callable[[Entry], bool]] = {
    "attempt": COUNTERS["attempts"],
    "contact": COUNTERS["contacts"],
    "conversation": COUNTERS["conversations"],
    "debit": lambda entry: entry.is_debit,
    "failed_debit": lambda entry: entry.is_debit and entry.failed,
}


@dataclass(frozen=True, slots=True)
class Cooldown:
    rule: Rule
    counting: Counter
    exempt: tuple[str, ...]
    most: ClassVar[int] = 1  # one event is enough

    def __call__(self, at: Look) -> Iterable[Finding]:
        if self.lifted(at):
            return ()
        entries = self.counting.relevant(at)
        debts = self.counting.debts(at.case.action, entries)
        newest = [of_debt[-1].at for debt in debts if (of_debt := self.counting.of_debt(entries, debt, at))]
        until = max((self.until(one, at) for one in newest), default=at.at)
        return (Finding(Kind.DEFER, self.rule, _QUIET, until=until),) if until > at.at else ()

    def lifted(self, at: Look) -> bool:
        return bool(self.exempt) and at.any_true(self.exempt) is True

    def until(self, event: datetime, at: Look) -> datetime:
        """Days are counted on the calendar, from the day of the event (`day_one: event_date`) or the day after it."""
        params = self.rule.params
        if "days" not in params:
            return event.astimezone(UTC) + timedelta(hours=params.get("hours", 0), minutes=params.get("minutes", 0))
        days = params["days"] + (0 if params.get("day_one") == "event_date" else 1)
        zones = at.case.zones or (at.case.home,)
        return max(first_instant(event.astimezone(zone).date() + timedelta(days=days), zone) for zone in zones)


def build(rule: Rule, pack: Pack) -> Cooldown:
    params = rule.params
    tests = [_EVENTS[name] for name in params["after"] if name in _EVENTS]
    tags = frozenset(word for name in params["after"] if name not in _EVENTS for word in also_called(name))
    counting = counter(
        rule, counts=lambda entry: bool(entry.tags & tags) or any(test(entry) for test in tests), direction="any"
    )
    return Cooldown(rule, counting, tuple(params.get("exclude", ())))
