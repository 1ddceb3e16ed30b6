"""retention: until when a record is kept. Deleting it earlier is held until the day after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_noop

from compliance.packs.calendars import add_months
from compliance.packs.look import Look
from compliance.packs.names import also_called
from compliance.packs.rules.doubt import doubt
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind

_KEEP = gettext_noop("These records are kept until %(day)s.")
_UNKNOWN = gettext_noop(
    "It is not known when this happened, so it is not known how long the records are kept: %(event)s."
)
_RECORD = ("record", "records", "record_type", "record_kind")


def build(rule: Rule, pack: Pack) -> Callable[[Look], Iterable[Finding]]:
    unknown = doubt(rule, pack)

    def look(at: Look) -> Iterable[Finding]:
        wanted = _wanted(at)
        found = []
        for names, length in periods_of(rule):
            if wanted is not None and not wanted & names:
                continue
            began = _began(length["after"], at)
            if began is None:
                found.append(unknown(_UNKNOWN, event=length["after"].replace("_", " ")))
                continue
            last = keep_until(began, length)
            if max(at.days) <= last:
                until = max(at.midnight(last + timedelta(days=1), zone) for zone in at.case.zones or (at.case.home,))
                found.append(Finding(Kind.HOLD, rule, _KEEP, {"day": last.isoformat()}, until))
        return found

    return look


def periods_of(rule: Rule) -> Iterator[tuple[frozenset[str], Mapping[str, Any]]]:
    """Which records, and how long: the listed ones, and kinds with a period of their own."""
    yield frozenset(rule.params["records"]), rule.params["keep_until"]
    for name, length in rule.params.items():
        if name not in ("records", "keep_until", "max"):
            yield frozenset({name}), length


def keep_until(began: date, length: Mapping[str, Any]) -> date:
    """A duty rounds later: three years after 29 February end on 1 March."""
    months = length.get("years", 0) * 12 + length.get("months", 0)
    return add_months(began, months, later=True) + timedelta(days=length.get("days", 0))


def _wanted(at: Look) -> frozenset[str] | None:
    for name in _RECORD:
        told = at.value(name)
        if told:
            return frozenset(map(str, told)) if isinstance(told, list | tuple) else frozenset({str(told)})
    return None


def _began(event: str, at: Look) -> date | None:
    if moment := at.since(event):
        return moment.astimezone(at.case.home).date()
    entries = at.case.tagged(also_called(event))
    if not entries and event == "last_collection_activity":
        entries = [one for one in at.case.ledger if one.is_attempt or one.is_debit]
    return entries[-1].at.astimezone(at.case.home).date() if entries else None
