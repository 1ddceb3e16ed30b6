"""Cells that hold contact data: several in one cell, each checked; messages never repeat what was in the cell."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from accounts.imports.errors import BadValue
from accounts.imports.phones import parse_phone

EMAIL_MAX, ADDRESS_MAX = 254, 500
_SEPARATORS = re.compile(r"[;,|、；，\n]+")
_EMAIL = re.compile(r"[^\s@<>()\[\],:;\"\\]{1,64}@(?:[^\s@.,;:<>()\[\]\"\\_]{1,63}\.)+[^\s@.,;:<>()\[\]\"\\\d]{2,63}")
_NO_NUMBER = frozenset(("", "-", "n/a", "na", "none", "null", "nil", "无", "無", "0"))


def parts_of(cell: str) -> list[str]:
    parts = (part.strip() for part in _SEPARATORS.split(cell))
    return [part for part in parts if part.lower() not in _NO_NUMBER]


def parse_emails(cell: str) -> list[str]:
    if _EMAIL.fullmatch(cell):
        return [cell]
    parts = parts_of(cell)
    for part in parts:
        if len(part) > EMAIL_MAX or not _EMAIL.fullmatch(part):
            raise BadValue(_("this is not an e-mail address. Write it like name@example.com, several with ; between."))
    return list(dict.fromkeys(parts))


def parse_phones(cell: str, *, country: str) -> list[str]:
    if cell[:1] == "+" and cell[1:].isdecimal():
        return [parse_phone(cell, country=country)]
    return list(dict.fromkeys(parse_phone(part, country=country) for part in parts_of(cell)))


def parse_consent(cell: str) -> bool:
    word = cell.strip().casefold()
    if word in ("y", "yes", "true", "1", "t", "x", "granted", "opt in", "opt-in", "是", "同意", "有"):
        return True
    if word in ("n", "no", "false", "0", "f", "refused", "withdrawn", "opt out", "opt-out", "否", "不同意", "无", "無"):
        return False
    raise BadValue(_("consent is written yes or no."))
