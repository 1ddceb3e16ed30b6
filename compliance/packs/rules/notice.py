"""notice: what must be sent, by when, with what in it, and what has to wait for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_noop

from compliance.packs.calendars import add_business_days, workdays_of
from compliance.packs.look import Look, first_instant
from compliance.packs.names import also_called
from compliance.packs.periods import period_state
from compliance.packs.rules.doubt import doubt
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding, Kind

_OVERDUE = gettext_noop("The %(notice)s was due by %(due)s and was not sent.")
_FIRST = gettext_noop("The %(notice)s must be sent first.")
_WAITS = gettext_noop("Wait after the %(notice)s.")
_BOUNCED = gettext_noop("The %(notice)s did not arrive.")
_LACKS = gettext_noop("The %(notice)s lacks: %(fields)s.")
_OVERSHADOWS = gettext_noop("This contradicts the rights that the %(notice)s gives while its period runs.")
_OVERSHADOWING = ("overshadows", "overshadowing", "overshadow", "inconsistent_with_dispute_rights")
# Words that overshadow only while a period runs.
_SHADOWS = frozenset({"shorter_deadline", "threat", "threat_of_suit", "suit", "demand_immediate_payment"})
_DEADLINE = re.compile(
    r"\bwithin\s+(\d{1,2})\s+(?:business |calendar )?days?\b|\bor else\b|\b(?:pay|respond|act)\b.{0,20}\bimmediately\b"
    r"|\b(?:lawsuit|legal action|sue you|court)\b",
    re.IGNORECASE,
)
_ELECTRONIC = frozenset({"email", "sms", "push", "web_push", "in_app", "inbox", "whatsapp"})
_IF_ELECTRONIC = "_if_electronic"


def build(rule: Rule, pack: Pack) -> Callable[[Look], Iterable[Finding]]:
    params, unknown = rule.params, doubt(rule, pack)
    name = params["notice"]
    names = tuple(dict.fromkeys(word for one in (name, f"{name}_sent") for word in also_called(one)))
    spoken = name.replace("_", " ")

    def look(at: Look) -> Iterable[Finding]:
        action = at.case.action
        if name in (action.notice, action.purpose):
            return _complete(rule, spoken, at)
        if params.get("overshadow_check") and _overshadows(params, at):
            return (Finding(Kind.BLOCK, rule, _OVERSHADOWS, {"notice": spoken}),)
        if "wait" not in params and "due" not in params:
            return ()
        if params.get("else_ok") and at.any_true(params["else_ok"]) is True:
            return ()
        sent = _sent(names, at)
        if sent is None and any(at.truth(f"{word}") is None for word in names):
            return (unknown(_FIRST, notice=spoken),)
        if "wait" in params:
            return _waiting(rule, pack, spoken, sent, at)
        return _due(rule, pack, spoken, sent, at)

    return look


def _sent(names: Iterable[str], at: Look) -> datetime | None:
    """When it went out about this debt; the newest time. A fact without a date counts as long ago."""
    found = [
        entry.at for entry in at.case.about_it(names) if not entry.inbound and not entry.tags & {"bounced", "failed"}
    ]
    for name in names:
        if name in at.case.facts and at.truth(name) is True:
            found.append(at.since(name) or _LONG_AGO)
    return max(found) if found else None


_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _complete(rule: Rule, spoken: str, at: Look) -> Iterable[Finding]:
    """The notice itself: everything that belongs into it, once it is rendered."""
    fields = rule.params.get("fields", ())
    told = at.value("fields")
    present = frozenset(map(str, told)) if isinstance(told, list | tuple) else at.case.action.tokens
    if present is None or not fields:
        return (Finding(Kind.ALLOW, rule, _LACKS, {"notice": spoken, "fields": ""}, None, fields),) if fields else ()
    electronic = at.case.action.channel in _ELECTRONIC
    missing = [one for one in fields if one not in present and (electronic or not one.endswith(_IF_ELECTRONIC))]
    if not missing:
        return ()
    return (Finding(Kind.BLOCK, rule, _LACKS, {"notice": spoken, "fields": ", ".join(missing)}),)


def _overshadows(params: Mapping[str, Any], at: Look) -> bool:
    tokens = at.case.action.tokens or frozenset()
    flagged = at.any_true(_OVERSHADOWING) is True or not tokens.isdisjoint(_OVERSHADOWING)
    may = not tokens.isdisjoint(_SHADOWS) or (at.case.action.text and _DEADLINE.search(at.case.action.text))
    if not flagged and not may:
        return False
    name = params["period"]["name"] if "period" in params else "validation_period"
    # Words that only might overshadow count while the period is known to run; words known to do so, unless it is over.
    state = period_state(name, None, at)
    return state is True or (flagged and state is not False)


def _waiting(rule: Rule, pack: Pack, spoken: str, sent: datetime | None, at: Look) -> Iterable[Finding]:
    if sent is None:
        return (Finding(Kind.BLOCK, rule, _FIRST, {"notice": spoken}),)
    if rule.params.get("bounce_voids") and at.any_true(("address_bounced", f"{rule.params['notice']}_bounced")) is True:
        return (Finding(Kind.BLOCK, rule, _BOUNCED, {"notice": spoken}),)
    until = after(sent, rule.params["wait"], pack, at)
    return (Finding(Kind.DEFER, rule, _WAITS, {"notice": spoken}, until),) if until > at.at else ()


def after(moment: datetime, wait: Mapping[str, Any], pack: Pack, at: Look) -> datetime:
    """Hours run on; days are whole days where the debtor is."""
    n, unit = wait["n"], wait["unit"]
    if unit in ("hours", "minutes"):
        return moment + timedelta(**{unit: n})
    zones = at.case.zones or (at.case.home,)
    return max(first_instant(_day_after(moment.astimezone(zone).date(), wait, pack), zone) for zone in zones)


def _day_after(day: date, wait: Mapping[str, Any], pack: Pack) -> date:
    if wait["unit"] == "business_days":
        name = wait.get("calendar") or pack.calendars.get("holidays") or pack.jurisdiction.get("country", "")
        return add_business_days(day, wait["n"], name="" if name == "*" else name, workdays=workdays_of(pack.calendars))
    return day + timedelta(days=wait["n"])


def _due(rule: Rule, pack: Pack, spoken: str, sent: datetime | None, at: Look) -> Iterable[Finding]:
    due = rule.params["due"]
    if sent is not None:
        return ()
    if "before" in due:
        names = frozenset(word for one in due["before"] for word in also_called(one))
        about = {at.case.action.kind, at.case.action.purpose, at.case.action.notice, *at.case.action.tags}
        return (Finding(Kind.BLOCK, rule, _FIRST, {"notice": spoken}),) if about & names else ()
    began = _began(due.get("after"), at)
    if began is None or at.truth("paid"):
        return ()
    last = began.astimezone(at.case.home).date()
    if "within_business_days" in due:
        wait = {"n": due["within_business_days"], "unit": "business_days"}
        last = _day_after(last, wait, pack)
    last += timedelta(days=due.get("within_days", 0))
    if at.today <= last:
        return ()
    return (Finding(Kind.BLOCK, rule, _OVERDUE, {"notice": spoken, "due": last.isoformat()}),)


def _began(name: str | None, at: Look) -> datetime | None:
    if name is None:
        return None
    entries = at.case.tagged(also_called(name))
    return at.since(name) or (entries[0].at if entries else None)
