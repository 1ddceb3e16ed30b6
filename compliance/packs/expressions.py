"""Conditions of packs: `debt.hcstc`, `not a`, `a and (b or c)`, `debt.balance > 500`. Three-valued, never eval'd."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Protocol

from django.utils.translation import gettext as _

from compliance.packs.errors import PackError, Place

Answer = bool | None  # None: unknown


class Known(Protocol):
    def truth(self, name: str, *, absent: Answer = False) -> Answer: ...
    def value(self, name: str) -> Any: ...


Condition = Callable[[Known, Answer], Answer]  # the second says what a fact nobody has told counts as
_TOKEN = re.compile(r"\s*(?:([A-Za-z_][\w.\-]*)|(\d+(?:\.\d+)?)|(>=|<=|==|!=|>|<|\(|\)))")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
MAX_LENGTH = 400


def compile_expression(text: str, place: Place = Place()) -> Condition:  # noqa: B008 - immutable
    try:
        return _compiled(text)
    except _Unreadable as error:
        raise PackError(
            "bad_expression",
            place=place,
            problem=_("The condition “%(text)s” cannot be read.") % {"text": text[:80]},
            todo=_("Use names of facts with: and, or, not, brackets, and comparisons with numbers."),
        ) from error


class _Unreadable(Exception):
    pass


@lru_cache(maxsize=2_000)
def _compiled(text: str) -> Condition:
    if len(text) > MAX_LENGTH:
        raise _Unreadable
    parser = _Parser(_tokens(text))
    condition = parser.either()
    if parser.left:
        raise _Unreadable
    return condition


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise _Unreadable
        found.append(token[0].strip())
        at = token.end()
    return found


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.left = tokens[::-1]

    def _next(self) -> str:
        if not self.left:
            raise _Unreadable
        return self.left.pop()

    def _accept(self, word: str) -> bool:
        if self.left and self.left[-1] == word:
            self.left.pop()
            return True
        return False

    def either(self) -> Condition:
        parts = [self._both()]
        while self._accept("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda known, absent: _any(part(known, absent) for part in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._accept("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda known, absent: _all(part(known, absent) for part in parts)

    def _one(self) -> Condition:
        if self._accept("not"):
            inner = self._one()
            return lambda known, absent: _not(inner(known, absent))
        if self._accept("("):
            inside = self.either()
            if not self._accept(")"):
                raise _Unreadable
            return inside
        return self._fact(self._next())

    def _fact(self, name: str) -> Condition:
        if not (name[0].isalpha() or name[0] == "_") or name in ("and", "or", "not"):
            raise _Unreadable
        if not (self.left and self.left[-1] in _COMPARE):
            return lambda known, absent: known.truth(name, absent=absent)
        compare, word = _COMPARE[self._next()], self._next()
        right = number(word)
        if right is None and not word[0].isalpha():
            raise _Unreadable
        return lambda known, absent: _compared(known.value(name), compare, word if right is None else right)


def _compared(left: Any, compare: Callable[[Any, Any], bool], right: Any) -> Answer:
    if isinstance(right, str):
        return None if left is None else compare(str(left), right)
    exact = number(left)
    return None if exact is None else compare(exact, right)


def number(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _any(answers: Any) -> Answer:
    found: Answer = False
    for answer in answers:
        if answer:
            return True
        found = None if answer is None else found
    return found


def _all(answers: Any) -> Answer:
    found: Answer = True
    for answer in answers:
        if answer is False:
            return False
        found = None if answer is None else found
    return found


def _not(answer: Answer) -> Answer:
    return None if answer is None else not answer
