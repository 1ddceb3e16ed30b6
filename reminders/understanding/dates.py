"""The day somebody names: "Friday", "after the 15th", 下周五. Seen from their own today; None rather than a guess."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

from reminders.understanding.normal import plain, words

FURTHEST = timedelta(days=366)
DAY = timedelta(days=1)

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_ZH_DAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "末": 5}
_COUNTED = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {
    **{word: number for number, word in enumerate(_COUNTED, 1)},
    **{word: number for number, word in enumerate("一二三四五六七八九十", 1)},
    "a": 1,
    "an": 1,
    "couple of": 2,
    "a couple of": 2,
    "两": 2,
    "兩": 2,
    "几": 7,
    "幾": 7,
    "few": 7,
    "a few": 7,
}
_DAY_NAMES = (
    "mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
)
_MONTH_NAMES = "|".join(rf"{name[:3]}(?:{name[3:]})?" if name != "may" else "may" for name in _MONTHS) + "|sept"
_COUNT = r"(\d{1,2}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + ")"
_LATER = r"(?P<later>\s*(?:号|號|日)?\s*(?:之后|之後|以后|以後|过后|過後))?"
Found = Callable[[re.Match[str], date], date | None]


def day_in(text: str, today: date) -> date | None:
    """The last day a text can mean, not before today. Two different days: the later one, for nobody is hurried."""
    said = plain(text)
    days = {day for day in (_read(match, find, today) for match, find in _matches(said)) if day}
    usable = [day for day in days if today <= day <= today + FURTHEST]
    return max(usable, default=None)


def is_only_a_day(text: str) -> bool:
    """Whether the text names a day and, but for a little word, nothing else: the answer to "when?"."""
    said = plain(text)
    found = _matches(said)
    for match, _ in found:
        said = said.replace(match.group(), " ", 1)
    return bool(found) and not set(words(said)) - _LITTLE


def _matches(said: str) -> list[tuple[re.Match[str], Found]]:
    """Each pattern on what the ones before it left over, so that 下周五 is not also read as 周五."""
    found: list[tuple[re.Match[str], Found]] = []
    for pattern, find in _PATTERNS:
        for match in pattern.finditer(said):
            found.append((match, find))
        said = pattern.sub(lambda match: " " * len(match.group()), said)
    return found


def _read(match: re.Match[str], find: Found, today: date) -> date | None:
    try:
        return find(match, today)
    except (ValueError, OverflowError):
        return None


def _number(word: str) -> int:
    return int(word) if word.isdecimal() else _NUMBERS[word]


def _iso(match: re.Match[str], today: date) -> date:
    return date(int(match[1]), int(match[2]), int(match[3]))


def _month_day(month: int, day: int, today: date, *, later: bool = False) -> date:
    named = date(today.year, month, day)
    if named < today:
        named = date(today.year + 1, month, day)
    return named + DAY if later else named


def _english_month(match: re.Match[str], today: date) -> date:
    month, day = match["month"], match["day"]
    index = next(number for number, name in enumerate(_MONTHS, 1) if name.startswith(month[:3]))
    return _month_day(index, int(day), today, later=bool(match["after"]))


def _chinese_month(match: re.Match[str], today: date) -> date:
    return _month_day(int(match[1]), int(match[2]), today, later=bool(match["later"]))


def _day_of_month(day: int, today: date, *, months: int = 0, later: bool = False) -> date | None:
    """The next such day; the 31st of a short month is its last."""
    if not 1 <= day <= 31:
        return None
    for ahead in range(months, months + 3):
        year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        named = date(year, month + 1, min(day, calendar.monthrange(year, month + 1)[1]))
        if named >= today:
            return named + DAY if later else named
    return None


def _english_day(match: re.Match[str], today: date) -> date | None:
    return _day_of_month(int(match["day"]), today, later=bool(match["after"]))


def _chinese_day(match: re.Match[str], today: date) -> date | None:
    return _day_of_month(int(match[2]), today, months=1 if match[1] else 0, later=bool(match["later"]))


def _weekday(index: int, today: date, *, weeks: int) -> date:
    """`weeks` 1: in the next calendar week. 0: the coming one, which on that very day is a week away."""
    monday = today - today.weekday() * DAY
    if weeks:
        return monday + weeks * 7 * DAY + index * DAY
    named = monday + index * DAY
    return named if named > today else named + 7 * DAY


def _english_weekday(match: re.Match[str], today: date) -> date:
    index = next(number for number, name in enumerate(_WEEKDAYS) if name.startswith(match["name"][:3]))
    day = _weekday(index, today, weeks=1 if match["next"] else 0)
    return day + DAY if match["after"] else day


def _chinese_weekday(match: re.Match[str], today: date) -> date:
    index = int(match[2]) - 1 if match[2].isdecimal() else _ZH_DAYS[match[2]]
    return _weekday(index, today, weeks=len(match[1] or ""))


def _in_days(match: re.Match[str], today: date) -> date:
    return today + _number(match[1]) * DAY


def _in_weeks(match: re.Match[str], today: date) -> date:
    return today + _number(match[1]) * 7 * DAY


def _next_week(match: re.Match[str], today: date) -> date:
    return _weekday(4, today, weeks=1)


def _month_end(match: re.Match[str], today: date) -> date | None:
    return _day_of_month(31, today, months=1 if match["next"] or match["following"] else 0)


def _fixed(days: int) -> Found:
    return lambda match, today: today + days * DAY


def _weekend(match: re.Match[str], today: date) -> date:
    return _weekday(6, today, weeks=0) if today.weekday() < 6 else today


_LITTLE_WORDS = "on, by, ok, okay, maybe, the, will, at, in, this, until, before, yes, probably, for, sure"
_LITTLE = frozenset([*_LITTLE_WORDS.split(", "), "吧", "可以", "行", "好", "好的", "还", "還", "付"])
_AFTER = r"(?:(?P<after>after|past|not before|from) )?"
_THE = r"(?:the )?"
_TABLE: tuple[tuple[str, Found], ...] = (
    (r"(?<!\d)(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)", _iso),
    (rf"\b{_AFTER}{_THE}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH_NAMES})\b", _english_month),
    (rf"\b{_AFTER}(?P<month>{_MONTH_NAMES})\.? {_THE}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b", _english_month),
    (rf"(?<!\d)(\d{{1,2}})月(\d{{1,2}})[日号號]?{_LATER}", _chinese_month),
    (rf"(下个?月|下個月)?(?<!\d)(\d{{1,2}})[号號日](?!\d){_LATER}", _chinese_day),
    (rf"\b{_AFTER}{_THE}(?P<day>\d{{1,2}})(?:st|nd|rd|th)\b", _english_day),
    (r"\b(?P<after>after )?(?P<next>next )?(?:this |on |by |until )?(?P<name>" + _DAY_NAMES + r")\b", _english_weekday),
    (r"(下+)?(?:个|個)?(?:这|這|本)?(?:周|週|星期|礼拜|禮拜)([一二三四五六日天末1-6])", _chinese_weekday),
    (r"\bday after tomorrow\b|(?<!大)[后後]天", _fixed(2)),
    (r"大[后後]天", _fixed(3)),
    (r"\b(?:tomorrow|tmrw|tmr|2moro)\b|明[天日晚早]", _fixed(1)),
    (r"\b(?:today|tonight|this (?:evening|afternoon|morning))\b|今[天日晚早]|今[兒儿]", _fixed(0)),
    (rf"\b(?:in|within|give me|another|need) {_COUNT}(?: more)? days?\b", _in_days),
    (rf"\b(?:in|within|give me|another|need) {_COUNT}(?: more)? weeks?\b", _in_weeks),
    (rf"(?:过|過|再)?(?:给我|給我)?{_COUNT}\s*(?:个|個)?(?:天|日)(?:[之以]?[后後内內]|时间|時間|吧)?", _in_days),
    (rf"(?:过|過|再)?(?:给我|給我)?{_COUNT}\s*(?:个|個)?(?:周|週|星期|礼拜|禮拜)", _in_weeks),
    (r"\bnext week\b|下(?:个|個)?(?:周|週|星期|礼拜|禮拜)", _next_week),
    (
        r"\bend of (?:the |this )?(?P<next>next )?month\b|\bmonth[- ]end\b|(?P<following>下个?|下個)?月[底末]",
        _month_end,
    ),
    (r"\bthis weekend\b|\bthe weekend\b|\bweekend\b", _weekend),
    (r"\bthis week\b|[这這本](?:周|週|星期)[内內]?", lambda match, today: today - today.weekday() * DAY + 6 * DAY),
)


_PATTERNS: tuple[tuple[re.Pattern[str], Found], ...] = tuple((re.compile(text), find) for text, find in _TABLE)
