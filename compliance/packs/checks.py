"""One check per kind of value: takes what YAML read, returns what the evaluator uses, or says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from compliance.packs.errors import PackError, Place, unknown
from compliance.packs.vocabulary import CHANNELS, DAYS, RAILS, SAME_CHANNEL, UNITS

Check = Callable[[Any, Place], Any]
Window = tuple[frozenset[int], int, int]  # days of the week (Monday 0), first minute, first minute after
EVERY = "all"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*")
_AMOUNT = re.compile(r"\d{1,15}\.\d{1,6}")
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
DAY_GROUPS: Mapping[str, frozenset[int]] = {
    EVERY: frozenset(range(7)),
    "weekdays": frozenset(range(5)),
    "weekends": frozenset({5, 6}),
}


def wrong(value: Any, place: Place, *, wants: str) -> PackError:
    return PackError(
        "wrong_value", place=place, problem=_("%(value)r is not %(wants)s.") % {"value": value, "wants": wants}
    )


def text(value: Any, place: Place) -> str:
    if isinstance(value, bool):
        problem = _("YAML reads this unquoted word as %(value)s.") % {"value": str(value).lower()}
        raise PackError("unquoted_word", place=place, problem=problem, todo=_('Put it in quotes, for example "NO".'))
    if not isinstance(value, str) or not value.strip():
        raise wrong(value, place, wants=_("a text"))
    return value.strip()


def name(value: Any, place: Place) -> str:
    word = text(value, place)
    if not _NAME.fullmatch(word):
        raise wrong(value, place, wants=_("a name of letters, digits, points and underscores"))
    return word


def flag(value: Any, place: Place) -> bool:
    if not isinstance(value, bool):
        raise wrong(value, place, wants=_("true or false"))
    return value


MOST = 36_600  # a hundred years in days: a slip of the pen beyond it would leave the calendar


def whole(least: int = 0, most: int = MOST) -> Check:
    def check(value: Any, place: Place) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            wants = _("a whole number from %(least)s to %(most)s") % {"least": least, "most": most}
            raise wrong(value, place, wants=wants)
        return value

    return check


def amount(value: Any, place: Place) -> Decimal:
    if isinstance(value, str) and _AMOUNT.fullmatch(value):  # as it is kept in the database, exactly as it was written
        value = Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0:
        raise wrong(value, place, wants=_("an amount of money"))
    return Decimal(str(value))


def choice(*words: str) -> Check:
    def check(value: Any, place: Place) -> str:
        word = text(value, place)
        if word not in words:
            raise unknown("unknown_value", word, known=words, place=place)
        return word

    return check


def names(value: Any, place: Place) -> tuple[str, ...]:
    """One name, or a list of them."""
    if not isinstance(value, list):
        return (name(value, place),)
    return tuple(name(one, place.inside(number)) for number, one in enumerate(value))


def among(known: Collection[str], code: str = "unknown_value") -> Check:
    def check(value: Any, place: Place) -> tuple[str, ...]:
        found = texts(value, place)
        for word in found:
            if word not in known:
                raise unknown(code, word, known=known, place=place)
        return found

    return check


def texts(value: Any, place: Place) -> tuple[str, ...]:
    if not isinstance(value, list):
        return (text(value, place),)
    return tuple(text(one, place.inside(number)) for number, one in enumerate(value))


def codes(value: Any, place: Place) -> frozenset[str]:
    """Answers of banks and networks: YAML reads 04 as 4 and 0x1 as 1, so they must be quoted."""
    if not isinstance(value, list):
        raise wrong(value, place, wants=_("a list of codes"))
    return frozenset(code(one, place.inside(number)) for number, one in enumerate(value))


def code(value: Any, place: Place) -> str:
    if isinstance(value, int | Decimal | date) and not isinstance(value, bool):
        problem = _("A code without quotes was read as the number %(value)s.") % {"value": value}
        raise PackError("unquoted_code", place=place, problem=problem, todo=_('Put it in quotes, for example "04".'))
    return text(value, place).upper()


def hours_by_code(value: Any, place: Place) -> dict[str, int]:
    if not isinstance(value, dict):
        raise wrong(value, place, wants=_("codes and hours"))
    return {code(key, place.inside(str(key))): whole()(hours, place.inside(str(key))) for key, hours in value.items()}


def amounts_by_name(value: Any, place: Place) -> dict[str, Decimal]:
    if not isinstance(value, dict):
        raise wrong(value, place, wants=_("names and amounts"))
    return {name(key, place): amount(one, place.inside(str(key))) for key, one in value.items()}


def day(value: Any, place: Place) -> date:
    if isinstance(value, datetime):
        raise wrong(value, place, wants=_("a date without a time"))
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(text(value, place))
    except ValueError as error:
        raise wrong(value, place, wants=_("a date such as 2026-09-01")) from error


def minute(value: Any, place: Place, *, end: bool = False) -> int:
    """Minutes after midnight. 24:00 is the end of a day and nothing else."""
    if isinstance(value, int) and not isinstance(value, bool):
        problem = _("A time without quotes was read as the number %(value)s.") % {"value": value}
        raise PackError("unquoted_time", place=place, problem=problem, todo=_('Put it in quotes, for example "21:00".'))
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    minutes = int(found[1]) * 60 + int(found[2]) if found else -1
    if minutes < 0 or minutes > 1440 or (minutes == 1440 and not end):
        todo = _("Write hours and minutes, from “00:00” to “23:59”; an end may be “24:00”.")
        raise PackError(
            "bad_time", place=place, problem=_("%(value)r is not a time of day.") % {"value": value}, todo=todo
        )
    return minutes


def days(value: Any, place: Place) -> frozenset[int]:
    if isinstance(value, str) and value in DAY_GROUPS:
        return DAY_GROUPS[value]
    chosen = among(DAYS, "unknown_day")(value, place)
    if not chosen:
        raise wrong(value, place, wants=_("at least one day"))
    return frozenset(DAYS.index(word) for word in chosen)


def window(value: Any, place: Place) -> Window:
    parts = table({"days": days, "from": _from, "to": _to}, required=("from", "to"))(value, place)
    start, end = parts["from"], parts["to"]
    if start >= end:
        raise PackError(
            "empty_window",
            place=place,
            problem=_("The window ends before it begins."),
            todo=_("Divide a window over midnight into one to “24:00” and one from “00:00”."),
        )
    return parts.get("days", DAY_GROUPS[EVERY]), start, end


def _from(value: Any, place: Place) -> int:
    return minute(value, place)


def _to(value: Any, place: Place) -> int:
    return minute(value, place, end=True)


def list_of(check: Check) -> Check:
    def run(value: Any, place: Place) -> tuple[Any, ...]:
        if not isinstance(value, list) or not value:
            raise wrong(value, place, wants=_("a list with at least one entry"))
        return tuple(check(one, place.inside(number)) for number, one in enumerate(value))

    return run


def table(fields: Mapping[str, Check], *, required: Collection[str] = (), code: str = "unknown_field") -> Check:
    """A mapping whose keys are all known."""

    def run(value: Any, place: Place) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong(value, place, wants=_("a mapping"))
        for key in value:
            if key not in fields:
                raise unknown(code, key, known=fields, place=place.inside(str(key)))
        for key in required:
            if key not in value:
                raise missing(place.inside(key))
        return {key: fields[key](one, place.inside(key)) for key, one in value.items()}

    return run


def missing(place: Place) -> PackError:
    return PackError("missing_field", place=place, problem=_("This field is needed and is not there."))


def either(*checks: Check) -> Check:
    """The first check that accepts the value; the last one's complaint when none does."""

    def run(value: Any, place: Place) -> Any:
        for check in checks[:-1]:
            try:
                return check(value, place)
            except PackError:
                continue
        return checks[-1](value, place)

    return run


def channels(value: Any, place: Place) -> frozenset[str]:
    found = texts(value, place)
    plain = [SAME_CHANNEL.get(word, word) for word in found]
    for word, same in zip(found, plain, strict=True):
        if same not in CHANNELS:
            raise unknown("unknown_channel", word, known=CHANNELS, place=place)
    return frozenset(plain)


def rails(value: Any, place: Place) -> frozenset[str]:
    """Any rail may be named, but not one that is a known one misspelt."""
    import difflib

    found = names(value, place)
    for word in found:
        if word not in RAILS and difflib.get_close_matches(word, RAILS, n=1, cutoff=0.9):
            raise unknown("unknown_rail", word, known=RAILS, place=place)
    return frozenset(found)


LENGTH = table(
    {"n": whole(), "unit": choice(*UNITS), "of": name, "calendar": name, "house": name}, required=("n", "unit")
)
