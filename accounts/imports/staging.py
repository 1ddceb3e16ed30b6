"""The session tables a chunk passes through, and how records become their rows by COPY."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

TABLES = """
CREATE TEMP TABLE IF NOT EXISTS import_stage (
    line integer, account_id bigint, account_known boolean, account_reference text,
    customer_reference text, debtor_id uuid, debtor_new boolean,
    debtor_changed boolean, name text, name_tokens bigint[], birth_year text, country text, time_zone text,
    language text, product text, segment text, currency text, due_date date,
    principal bigint, interest bigint, fees bigint,
    costs bigint, credit_limit bigint, newest_month date, billed bigint[], paid bigint[]
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS import_contacts (
    id uuid, debtor_id uuid, kind text, value text, value_index text, last_digits text, position smallint,
    condition text, created_at timestamptz, line integer
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS import_consents (
    line integer, debtor_id uuid, channel text, granted boolean
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS import_rows (
    LIKE import_stage, outcome text, status text, new_status text,
    moved_principal bigint, moved_interest bigint, moved_fees bigint, moved_costs bigint
) ON COMMIT DELETE ROWS;
"""
NULL = "\\N"
_COPY_BYTES, _IDS_AT_ONCE = 256 * 1024, 1024
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_text(value: str) -> str:
    """Text as COPY's text format wants it; most needs no change."""
    return value if "\\" not in value and value.isprintable() else value.translate(_ESCAPES)


def copy_array(values: list[int] | list[int | None]) -> str:
    """An array of integers. Python writes a list of them as PostgreSQL reads it, but for the names of nothing."""
    return "{" + str(values)[1:-1].replace("None", "NULL") + "}"


def copy_arrays(column: list[list[int | None]]) -> list[str]:
    """`copy_array` of many, none of them empty, in a third of the time: Python writes them all at once."""
    texts = str(column)[2:-2].replace("None", "NULL").split("], [")
    return [f"{{{text}}}" for text in texts]


def copy_lines(cursor: Any, table: str, lines: Iterable[str]) -> None:
    """Send lines already in COPY's text format; `table` may name its columns. Errors are Django's."""
    body = "".join(lines).encode()
    if body:
        with cursor.db.wrap_database_errors:
            cursor.copy_expert(f"COPY {table} FROM STDIN", io.BytesIO(body), size=_COPY_BYTES)


def uuid7_texts() -> Callable[[], str]:
    """`next_id()` -> version 7 UUIDs as text, for many rows: they are made a thousand at a time."""
    stock: list[str] = []

    def next_id() -> str:
        if not stock:
            stock.extend(uuid7_list(_IDS_AT_ONCE))
        return stock.pop()

    return next_id


def uuid7_list(count: int) -> list[str]:
    """RFC 9562, version 7: 48 bits of milliseconds, then noise around the version and the variant. In order: indexes
    take what rises at their end, a third cheaper than in their middle."""
    moment, noise = f"{time.time_ns() // 1_000_000:012x}", os.urandom(10 * count).hex()
    head = f"{moment[:8]}-{moment[8:]}-7"
    return sorted(
        f"{head}{noise[at : at + 3]}-{_VARIANT[noise[at + 3]]}{noise[at + 4 : at + 7]}-{noise[at + 7 : at + 19]}"
        for at in range(0, len(noise), 20)
    )
