"""The gate's timing rules a second time, the slow and obvious way: look at every minute, one after the other."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from compliance.gate import Facts, Policy

MINUTE = timedelta(minutes=1)


def first_permitted(facts: Facts, policies: list[Policy], at: datetime, *, days: int) -> datetime | None:
    """The first minute from `at` on that nothing forbids."""
    moment = at
    while moment <= at + timedelta(days=days):
        if permitted(facts, policies, moment):
            return moment
        moment = moment + MINUTE
    return None


def permitted(facts: Facts, policies: list[Policy], moment: datetime) -> bool:
    if facts.quiet_until and moment < facts.quiet_until:
        return False
    in_hours = all(_in_hours(facts, policies, moment + minute * MINUTE) for minute in range(5))
    return in_hours and _room(facts, policies, moment)


def _in_hours(facts: Facts, policies: list[Policy], moment: datetime) -> bool:
    for zone in facts.zones:
        wall = moment.astimezone(ZoneInfo(zone))
        for policy in policies:
            if not _in_force(policy, wall.date()):
                continue
            if wall.weekday() == 6 and not policy.allow_sunday:
                return False
            if wall.weekday() == 5 and not policy.allow_saturday:
                return False
            if wall.date() in facts.holidays and not policy.allow_holidays:
                return False
            minutes = wall.hour * 60 + wall.minute
            opens = policy.window_start.hour * 60 + policy.window_start.minute
            closes = policy.window_end.hour * 60 + policy.window_end.minute
            if not opens <= minutes < closes:
                return False
    return True


def _room(facts: Facts, policies: list[Policy], moment: datetime) -> bool:
    today = moment.astimezone(ZoneInfo(facts.zones[0])).date()
    for policy in policies:
        if not _in_force(policy, today):
            continue
        that_day = that_week = 0
        for (day, channel), number in facts.counts.items():
            if policy.channel not in ("", channel):
                continue
            age = (today - day).days
            that_day += number if age == 0 else 0
            that_week += number if 0 <= age <= 6 else 0
        if that_day >= policy.daily_cap or that_week >= policy.weekly_cap:
            return False
    return True


def _in_force(policy: Policy, day) -> bool:
    return policy.effective_from <= day and (policy.effective_until is None or policy.effective_until > day)
