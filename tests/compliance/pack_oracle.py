"""The pack rules a second time, the slow and obvious way: look at every minute and count on one's fingers.

Works on the words of the packs themselves and on plain tuples, and shares nothing with the evaluator.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
HORIZON = 14 * DAY


def answer(world, now: datetime) -> tuple[str, datetime | None, set[str]]:
    """(decision, until, the rules that spoke). NONE: no minute of the next 14 days suits every rule."""
    spoken = speaks(world, now)
    worst = strictest(spoken)
    if worst != "DEFER":
        held = [rule for rule in world["rules"] if spoken.get(rule["id"]) == "HOLD"] if worst == "HOLD" else []
        until = max((hold_end(world, rule) for rule in held), default=None)
        return worst, until, {rule for rule, word in spoken.items() if word == worst}
    moment, deferring = now, {rule for rule, word in spoken.items() if word == "DEFER"}
    while moment <= now + HORIZON:
        moment += MINUTE
        later = speaks(world, moment)
        found = strictest(later)
        if found in ("BLOCK", "HOLD") and "DEFER" not in later.values():
            return found, None, {rule for rule, word in later.items() if word == found}
        if found == "ALLOW":
            return "DEFER", moment, deferring
    return "NONE", None, deferring


def strictest(spoken) -> str:
    return next((word for word in ("BLOCK", "HOLD", "DEFER") if word in spoken.values()), "ALLOW")


def speaks(world, moment: datetime) -> dict[str, str]:
    found = {}
    for rule in world["rules"]:
        if in_force(world, rule, moment) and (word := RULES[rule["type"]](world, rule["params"], moment)):
            found[rule["id"]] = word
    return found


def clocks(world, moment: datetime) -> list[datetime]:
    return [moment.astimezone(ZoneInfo(zone)) for zone in world["zones"]]


def in_force(world, rule, moment: datetime) -> bool:
    period = rule.get("effective", {})
    return any(
        (not period.get("from") or clock.date().isoformat() >= period["from"])
        and (not period.get("to") or clock.date().isoformat() < period["to"])
        for clock in clocks(world, moment)
    )


def window(world, params, moment: datetime) -> str:
    for ahead in range(world["margin"] + 1):
        for clock in clocks(world, moment + ahead * MINUTE):
            if not any(
                (one["days"] == "all" or WEEK[clock.weekday()] in one["days"])
                and one["from"] <= f"{clock:%H:%M}" < one["to"]
                for one in params["allow"]
            ):
                return "DEFER"
    return ""


def cap(world, params, moment: datetime) -> str:
    for zone in map(ZoneInfo, world["zones"]):
        today = moment.astimezone(zone).date()
        count = 0
        for at, channel, debt, tags, inbound in world["history"]:
            if inbound or channel not in params["channels_counted"] or "wrong_number" in tags:
                continue
            if "debt" in params["per"] and debt not in ("", world["debt"]):
                continue
            if params["window"]["kind"] == "rolling_hours":
                count += moment - at < timedelta(hours=params["window"]["n"])
            elif params["window"]["kind"] == "calendar_month":
                day = at.astimezone(zone).date()
                count += (day.year, day.month) == (today.year, today.month)
            else:
                count += (today - at.astimezone(zone).date()).days < params["window"].get("n", 1)
        if count >= params["max"]:
            return "DEFER"
    return ""


def cooldown(world, params, moment: datetime) -> str:
    first_free = params["days"] + (0 if params.get("day_one") == "event_date" else 1)
    for at, channel, debt, tags, _inbound in world["history"]:
        if "conversation" in tags and channel == "voice" and debt in ("", world["debt"]):
            for zone in map(ZoneInfo, world["zones"]):
                if (moment.astimezone(zone).date() - at.astimezone(zone).date()).days < first_free:
                    return "DEFER"
    return ""


def consent(world, params, moment: datetime) -> str:
    if "agreed" in world:
        return basis(world, params, moment)
    given = world["facts"].get("consent_given")
    if given is None or at_home(world, moment).date().isoformat() < given:
        return "BLOCK"
    ages = [(clock.date() - datetime.fromisoformat(given).date()).days for clock in clocks(world, moment)]
    return "BLOCK" if max(ages) > params["fresh_within_days"] else ""


def basis(world, params, moment: datetime) -> str:
    """What the person said themselves is any basis; what a creditor says is none where somebody else collects and the
    law wants it said to the collector."""
    if world["agreed"] is None:
        return "BLOCK"
    at, own = world["agreed"]
    direct = own or world["role"] == "first_party_creditor"
    if not direct and "provable_consent_for_purpose" not in params["any_of"]:
        return "BLOCK"
    if "fresh_within_days" not in params:
        return ""
    given = at_home(world, at).date()
    age = max((clock.date() - given).days for clock in clocks(world, moment))
    return "BLOCK" if age > params["fresh_within_days"] else ""


def at_home(world, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(world["zones"][0]))


def opt_out(world, params, moment: datetime) -> str:
    return "BLOCK" if any(
        "opt_out" in tags and inbound and channel == world["channel"]
        for _at, channel, _debt, tags, inbound in world["history"]
    ) else ""  # fmt: skip


def hold_end(world, rule) -> datetime:
    """The first minute at which every clock shows a day past the last frozen one."""
    over = rule["params"]["over"]
    moment = max(happened(world, "moratorium", over) + happened(world, "moratorium_over", over)).replace(second=0)
    while freeze(world, rule["params"], moment):
        moment += MINUTE
    return moment


def happened(world, tag: str, over: str) -> list[datetime]:
    """To this debt, or to the person whatever debt it was about."""
    return [
        at for at, _channel, debt, tags, _in in world["history"]
        if tag in tags and (over == "person" or debt in ("", world["debt"]))
    ]  # fmt: skip


def freeze(world, params, moment: datetime) -> str:
    began = happened(world, "moratorium", params["over"])
    if not began:
        return ""
    over = (
        [at for at in happened(world, "moratorium_over", params["over"]) if at >= max(began)] if until(params) else []
    )
    if over:
        return "HOLD" if within(world, max(over), moment, params.get("then_days", -1)) else ""
    if "days" not in params:
        return "BLOCK"
    days = params["days"] - (1 if params.get("day_one") == "event_date" else 0)
    return "HOLD" if within(world, max(began), moment, days) else ""


def until(params) -> bool:
    return params.get("until") == "moratorium_over"


def within(world, event: datetime, moment: datetime, days: int) -> bool:
    """Anywhere in the days after the event's own day, which is day nought."""
    return any(
        (moment.astimezone(zone).date() - event.astimezone(zone).date()).days <= days
        for zone in map(ZoneInfo, world["zones"])
    )


def words_are_right(world, said: set[str]) -> bool:
    """The message as it was written: everything that is wanted in it, nothing that is forbidden."""
    first = not any(not inbound and channel != "note" for _at, channel, _debt, _tags, inbound in world["history"])
    for rule in world["rules"]:
        params = rule["params"]
        if rule["type"] != "content":
            continue
        if not set(params.get("must_include", [])) <= said or set(params.get("must_not_include", [])) & said:
            return False
        if "first" in params:
            whole, short = set(params["first"]), set(params["later"])
            if not (whole <= said or (not first and short <= said)):
                return False
    return True


def content(world, params, moment: datetime) -> str:
    """Before it is written there is nothing to judge."""
    return ""


def prenotice(world, params, moment: datetime) -> str:
    sent = world["facts"].get("prenotice_sent")
    if sent is None:
        return "BLOCK"
    sent = datetime.fromisoformat(sent)
    if params["lead"]["unit"] == "hours":
        return "DEFER" if moment < sent + timedelta(hours=params["lead"]["n"]) else ""
    for zone in map(ZoneInfo, world["zones"]):
        if (moment.astimezone(zone).date() - sent.astimezone(zone).date()).days < params["lead"]["n"]:
            return "DEFER"
    return ""


RULES = {
    "window": window, "cap": cap, "cooldown": cooldown, "consent": consent, "opt_out": opt_out, "freeze": freeze,
    "prenotice": prenotice, "content": content,
}  # fmt: skip
