"""Columns of a batch as PostgreSQL reads arrays: one parameter each, instead of one for every value in them."""

from __future__ import annotations

from collections.abc import Iterable


def numbers(values: Iterable[int | None]) -> str:
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def texts(values: Iterable[object]) -> str:
    return "{" + ",".join(["NULL" if value is None else quoted(str(value)) for value in values]) + "}"


def quoted(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
