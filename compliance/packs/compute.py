"""`compute:` of a scenario: a call of one of the functions below. Parsed, never evaluated as Python."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from compliance.packs.calendars import add_business_days, add_months
from compliance.packs.errors import PackError, Place, unknown
from compliance.packs.periods import assumed_receipt, period_of, validation_params
from compliance.packs.rules.retention import keep_until, periods_of
from compliance.packs.schema import Pack

MAX_LENGTH = 200
MAX_DAYS = 100_000


def compute(text: str, *, packs: Sequence[Pack], place: Place) -> Any:
    """The value as JSON holds it: dates become texts, pairs become lists."""
    try:
        if len(text) > MAX_LENGTH:
            raise ValueError("too long")
        value = _value(ast.parse(text, mode="eval").body, _functions(packs), place)
    except PackError:
        raise
    except (SyntaxError, ValueError, TypeError, IndexError, KeyError, OverflowError, RecursionError) as error:
        raise PackError(
            "bad_compute",
            place=place.inside("compute"),
            problem=_("“%(text)s” cannot be computed.") % {"text": text[:80]},
            todo=_("Write one call, for example: val_end(date(2026,11,25))[1]"),
        ) from error
    return as_json(value)


def as_json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return [as_json(one) for one in value] if isinstance(value, tuple | list) else value


def _value(node: ast.expr, functions: Mapping[str, Callable[..., Any]], place: Place) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | str):
        return node.value
    if isinstance(node, ast.Subscript):
        return _value(node.value, functions, place)[_value(node.slice, functions, place)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id not in functions:
            raise unknown("unknown_function", node.func.id, known=functions, place=place.inside("compute"))
        named = {word.arg: _value(word.value, functions, place) for word in node.keywords if word.arg}
        return functions[node.func.id](*[_value(one, functions, place) for one in node.args], **named)
    raise ValueError("neither a number, a text, a call nor an index")


def _functions(packs: Sequence[Pack]) -> Mapping[str, Callable[..., Any]]:
    period, workdays = validation_params(packs)
    keep = partial(_keep, packs)
    return {
        "date": date,
        "day": date.fromisoformat,
        "val_end": lambda sent: period_of(sent, period, workdays=workdays),
        "assumed_receipt": lambda sent: assumed_receipt(sent, period, workdays=workdays),
        "add_days": _add_days,
        "add_business_days": _add_business_days,
        "add_months": lambda day, n, later=True: add_months(day, n, later=bool(later)),
        "add_years": lambda day, n, later=True: add_months(day, 12 * n, later=bool(later)),
        "keep_until": keep,
        "retention_end": keep,
        "retain_until": keep,
        "ret_end": keep,
        "breathing_space_end": lambda day, days=60: _add_days(day, days),
    }


def _add_days(day: date, n: int) -> date:
    return day + timedelta(days=n)


def _add_business_days(day: date, n: int, calendar: str = "us-5usc6103") -> date:
    if not 0 <= n <= MAX_DAYS:
        raise ValueError("too many days")
    return add_business_days(day, n, name=calendar)


def _keep(packs: Sequence[Pack], *arguments: Any) -> date:
    """A day with years, or with the id of a retention rule, in either order."""
    began = next(one for one in arguments if isinstance(one, date))
    length = next(one for one in arguments if not isinstance(one, date))
    if isinstance(length, int):
        return keep_until(began, {"years": length})
    rule = next(rule for pack in packs for rule in pack.rules if rule.id == length)
    return max(keep_until(began, period) for _names, period in periods_of(rule))
