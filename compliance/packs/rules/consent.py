"""consent: the basis for using an address, and whether it is fresh enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from django.utils.translation import gettext_noop

from compliance.packs.actions import Entry
from compliance.packs.look import Look
from compliance.packs.names import also_called
from compliance.packs.permits import same_medium
from compliance.packs.rules.doubt import doubt
from compliance.packs.rules.opt_out import OPT_OUT
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind

_NONE = gettext_noop("There is no consent or other basis for this channel (any of: %(names)s).")
_STALE = gettext_noop("The basis for this channel is older than %(days)s days and was not renewed.")
_UNKNOWN = gettext_noop("It is not known whether there is a basis for this channel.")
_NO_DATE = gettext_noop("It is not known when the basis for this channel was given, so it may be too old.")
# What somebody's own message shows without a note about it: the channel they wrote on.
_SHOWN_BY: Mapping[str, str] = {
    "consumer_texted_from_number": "sms",
    "consumer_used_address": "email",
    "consumer_used_this_address": "email",
}


def build(rule: Rule, pack: Pack) -> Callable[[Look], Iterable[Finding]]:
    any_of = rule.params["any_of"]
    fresh, refresh = rule.params.get("fresh_within_days"), rule.params.get("refresh_by", ())
    unknown = doubt(rule, pack)

    def look(at: Look) -> Iterable[Finding]:
        held = [name for name in any_of if at.truth(name) is True or _from_history(name, at)]
        if not held:
            if any(at.truth(name) is None for name in any_of):
                return (unknown(_UNKNOWN),)
            if rule.on_missing is not None and not any(at.value(name) is not None for name in any_of):
                return (unknown(_UNKNOWN),)
            return (Finding(Kind.BLOCK, rule, _NONE, {"names": ", ".join(any_of)}),)
        if fresh is None:
            return ()
        dates = [day for name in (*held, *refresh) for day in _dates(name, at)]
        today = max(at.days)
        if any((today - day).days <= fresh for day in dates):
            return ()
        if len(dates) < len(held) and not dates:
            return (unknown(_NO_DATE),)
        return (Finding(Kind.BLOCK, rule, _STALE, {"days": fresh}),)

    return look


def _dates(name: str, at: Look) -> Iterator[date]:
    if moment := at.since(name):
        yield moment.astimezone(at.case.home).date()
    yield from (entry.at.astimezone(at.case.home).date() for entry in _from_history(name, at))


def _from_history(name: str, at: Look) -> list[Entry]:
    found = at.case.tagged(also_called(name))
    channel = _SHOWN_BY.get(name)
    if channel:
        found = found + [one for one in at.case.ledger if one.inbound and _wrote(one, channel, at)]
    return found


def _wrote(entry: Entry, channel: str, at: Look) -> bool:
    known = entry.address and at.case.action.address
    same = not known or entry.address == at.case.action.address
    return same and same_medium(entry.channel, channel) and not entry.tags & OPT_OUT
