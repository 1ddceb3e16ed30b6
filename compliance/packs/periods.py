"""Periods that a notice opens, such as the validation period: their days, and whether a moment lies inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from compliance.packs.calendars import WORKDAYS, add_business_days, workdays_of
from compliance.packs.look import ABSENT, Look
from compliance.packs.schema import Pack

# 12 CFR 1006.34(b)(5), for facts about notices that no pack in play describes.
VALIDATION = {"days": 30, "assumed_receipt": {"n": 5, "unit": "business_days", "calendar": "us-5usc6103"}}


def assumed_receipt(sent: date, period: Mapping[str, Any], *, workdays: frozenset[int] = WORKDAYS) -> date:
    wait = period.get("assumed_receipt")
    if wait is None:
        return sent
    if wait["unit"] == "business_days":
        return add_business_days(sent, wait["n"], name=wait.get("calendar", ""), workdays=workdays)
    return sent + timedelta(days=wait["n"])


def period_of(sent: date, period: Mapping[str, Any], *, workdays: frozenset[int] = WORKDAYS) -> tuple[date, date]:
    """The day the notice counts as received, and the last day of the period."""
    received = assumed_receipt(sent, period, workdays=workdays)
    return received, received + timedelta(days=period["days"])


def validation_params(packs: Iterable[Pack]) -> tuple[Mapping[str, Any], frozenset[int]]:
    for pack in packs:
        for rule in pack.rules:
            period = rule.params.get("period") if rule.type == "notice" else None
            if period and period["name"] == "validation_period":
                return period, workdays_of(pack.calendars)
    return VALIDATION, WORKDAYS


def period_state(name: str, moment: datetime | None, at: Look) -> bool | None:
    """Whether `moment` (None: now) lies in the named period; None when nothing is known about it."""
    case = at.case
    day = (moment or at.at).astimezone(case.home).date()
    said_of_event = at.truth(f"within_{name}", absent=None)
    if said_of_event is not None:
        return said_of_event
    end = case.day_of(case.told(f"{name}_end")) or case.day_of(case.told(f"{name}_ends")) or _stated_end(name, at)
    if end is not None:
        return day <= end
    told = case.told(f"in_{name}")
    told = case.told(name) if told is ABSENT else told
    if isinstance(told, bool):
        return told
    sent = _sent(name, at)
    if sent is None:
        return None
    params = {"days": 30} if name != "validation_period" else VALIDATION
    return day <= period_of(sent, params)[1]


def _stated_end(name: str, at: Look) -> date | None:
    told = at.case.told(name)
    if isinstance(told, Mapping):
        return at.case.day_of(told.get("to", told.get("until", told.get("end"))))
    return at.case.day_of(told) if not isinstance(told, bool) else None


def _sent(name: str, at: Look) -> date | None:
    """The day its notice went out, from the facts or from the history."""
    notice = name.removesuffix("_period") + "_notice"
    for fact in (f"{notice}_sent", notice, f"{notice}_sent_at", f"{notice}_sent_on"):
        told = at.case.facts.get(fact)
        if day := at.case.day_of(told):
            return day
    entries = [one for one in at.case.about_it((notice, f"{notice}_sent")) if not one.inbound]
    return entries[-1].at.astimezone(at.case.home).date() if entries else None
