"""Moving every sealed value to a new data key, beside running writers, in small steps that may be cut off anywhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import connection, transaction

from common.crypto import key_file
from common.crypto.cipher import context_of, open_sealed, sealer
from common.crypto.columns import SealedTable, sealed_tables
from common.crypto.errors import CryptoError
from common.crypto.key_users import users_of
from common.crypto.keys import reload_keys
from common.crypto.secret_files import changing_keys

BATCH = 1000
PASSES = 10
WAIT_SECONDS = 1.0

Row = Sequence[Any]
Progress = Callable[[str], None]


@dataclass
class Outcome:
    """`stuck` names rows whose value did not open (table, primary key); `left` counts values still under old keys."""

    key_id: str = ""
    moved: int = 0
    left: int = 0
    stuck: set[tuple[str, str]] = field(default_factory=set)


def begin() -> str:
    """The id of the key to move to: a new active one, or that of a rotation that was cut off."""
    directory = Path(settings.SECRETS_DIR)
    with changing_keys(directory):
        content = key_file.read(directory)
        if not content.rotating_to:
            content = content.with_new_active_key()
            key_file.write(directory, content)
    reload_keys()
    return content.rotating_to


def finish() -> None:
    directory = Path(settings.SECRETS_DIR)
    with changing_keys(directory):
        key_file.write(directory, key_file.read(directory).with_rotation_finished())
    reload_keys()


def rotate(*, batch: int = BATCH, progress: Progress = lambda line: None, wait: float = WAIT_SECONDS) -> Outcome:
    """Reseal every value under the active key. Rows a writer holds are passed over and met again in the next pass."""
    outcome = Outcome(key_id=begin())
    time.sleep(wait)  # by now the other processes have noticed the new key
    for number in range(1, PASSES + 1):
        met = sum(_rotate_table(table, outcome, batch=batch, progress=progress) for table in sealed_tables())
        outcome.left = met and sum(_count(table, _stale(table), [_mark(outcome.key_id)]) for table in sealed_tables())
        if outcome.left <= len(outcome.stuck):
            break
        progress(f"pass {number}: {outcome.left} rows still under an older key")
        time.sleep(wait)
    if not outcome.left:
        finish()
    return outcome


def _rotate_table(table: SealedTable, outcome: Outcome, *, batch: int, progress: Progress) -> int:
    met = 0
    for rows in stale_rows(table, outcome.key_id, batch=batch):
        changes = [change for row in rows if (change := resealed(table, row, outcome))]
        outcome.moved += store(table, changes)
        met += len(rows)
        progress(f"{table.table}: {met} rows met, {outcome.moved} moved in all")
    return met


def stale_rows(table: SealedTable, key_id: str, *, batch: int) -> Iterator[list[Row]]:
    """Batches of (primary key, row id, sealed values...) not wholly under `key_id`, by rising primary key."""
    name = connection.ops.quote_name
    wanted = ", ".join(map(name, (table.primary_key, table.row_column, *table.columns)))
    order = f"ORDER BY {name(table.primary_key)} LIMIT {int(batch)}"
    past, last = "TRUE", list[Any]()
    while True:
        # Names come from the models, values travel as parameters.
        sql = f"SELECT {wanted} FROM {name(table.table)} WHERE {past} AND ({_stale(table)}) {order}"  # noqa: S608
        rows = _rows(sql, [*last, *[_mark(key_id)] * len(table.columns)])
        if not rows:
            return
        yield rows
        past, last = f"{name(table.primary_key)} > %s", [rows[-1][0]]


def resealed(table: SealedTable, row: Row, outcome: Outcome) -> Row | None:
    """(primary key, olds..., news...), or None when a value does not open."""
    primary_key, row_id, *olds = row
    try:
        news = [_moved(old, place, row_id, outcome) for old, place in zip(olds, table.places, strict=True)]
    except CryptoError:
        outcome.stuck.add((table.table, str(primary_key)))
        return None
    return [str(primary_key), *olds, *news]


def _moved(old: str | None, place: tuple[str, str], row_id: Any, outcome: Outcome) -> str | None:
    if not old or old.startswith(_mark(outcome.key_id)):
        return old
    return sealer(*place)(open_sealed(old, context=context_of(*place, row_id)), row_id)


def store(table: SealedTable, changes: list[Row]) -> int:
    """Compare and set: a row changed since it was read, or held by a writer now, is left alone. Returns rows changed.

    Nothing about the person changes, so row history is not written and no deadlock with a writer is possible.
    """
    if not changes:
        return 0
    with pgtrigger.ignore(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_store_sql(table), [list(column) for column in zip(*changes, strict=True)])
        return cursor.rowcount


def _store_sql(table: SealedTable) -> str:
    name = connection.ops.quote_name
    width, key, target = len(table.columns), name(table.primary_key), name(table.table)
    olds, news = [f"old{index}" for index in range(width)], [f"new{index}" for index in range(width)]
    arrays = ", ".join([f"%s::{table.primary_key_type}[]", *["%s::text[]"] * (2 * width)])
    pairs = list(zip(map(name, table.columns), olds, news, strict=True))
    same = " AND ".join(f"t.{column} IS NOT DISTINCT FROM c.{old}" for column, old, _ in pairs)
    assignments = ", ".join(f"{column} = c.{new}" for column, _, new in pairs)
    # Names come from the models, values travel as parameters.
    return f"""
        WITH c AS MATERIALIZED (SELECT * FROM unnest({arrays}) AS u(id, {", ".join([*olds, *news])})),
        free AS MATERIALIZED (SELECT t.{key} AS id FROM {target} t JOIN c ON t.{key} = c.id WHERE {same}
                              ORDER BY t.{key} FOR NO KEY UPDATE OF t SKIP LOCKED)
        UPDATE {target} t SET {assignments} FROM c JOIN free USING (id) WHERE t.{key} = c.id AND {same}
    """  # noqa: S608


def retire(*, grace: timedelta) -> tuple[list[str], dict[str, str]]:
    """Drop data keys that nothing uses and that were replaced longer than `grace` ago: (dropped, kept with the reason).

    `grace` must exceed the longest transaction, which may hold values under an older key that nobody can see yet.
    """
    directory = Path(settings.SECRETS_DIR)
    with changing_keys(directory):
        content = key_file.read(directory)
        old = [key for key in content.keys if key.state == key_file.RETIRED]
        reasons = {key.id: reason for key in old if (reason := _why_kept(key, grace))}
        dropped = {key.id for key in old} - set(reasons)
        if dropped:
            key_file.write(directory, content.without(dropped))
    reload_keys()
    return sorted(dropped), reasons


def _why_kept(key: key_file.DataKey, grace: timedelta) -> str:
    if datetime.fromisoformat(key.retired) + grace > datetime.now(UTC):
        return "replaced too recently"
    using = [table.table for table in sealed_tables() if _uses(table, key.id)] + users_of(key.id)
    return f"still used in {', '.join(using)}" if using else ""


def _uses(table: SealedTable, key_id: str) -> bool:
    return _count(table, _under(table), [_mark(key_id)]) > 0


def _mark(key_id: str) -> str:
    return f"{key_id}:"


def _stale(table: SealedTable) -> str:
    columns = map(connection.ops.quote_name, table.columns)
    return " OR ".join(f"({column} <> '' AND NOT starts_with({column}, %s))" for column in columns)


def _under(table: SealedTable) -> str:
    return " OR ".join(f"starts_with({connection.ops.quote_name(column)}, %s)" for column in table.columns)


def _count(table: SealedTable, condition: str, marks: list[str]) -> int:
    sql = f"SELECT count(*) FROM {connection.ops.quote_name(table.table)} WHERE {condition}"  # noqa: S608 (our names)
    return int(_rows(sql, marks * len(table.columns))[0][0])


def _rows(sql: str, parameters: list[Any]) -> list[Row]:
    with contextlib.closing(connection.cursor()) as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
