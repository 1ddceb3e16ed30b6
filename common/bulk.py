"""Writing many rows with one statement, at a small part of what the ORM's own doors for it cost.

A column is given as one array, written out as PostgreSQL reads it; `unnest` turns the arrays into rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.postgresql.psycopg_any import Jsonb
from django.db.models.expressions import DatabaseDefault

from common.arrays import quoted

# These fields keep a value as it is; all others prepare it (seal it, write it as JSON).
AS_GIVEN = frozenset(
    {
        models.AutoField,
        models.BigAutoField,
        models.BigIntegerField,
        models.BooleanField,
        models.CharField,
        models.DateField,
        models.DateTimeField,
        models.ForeignKey,
        models.IntegerField,
        models.OneToOneField,
        models.PositiveIntegerField,
        models.PositiveSmallIntegerField,
        models.TextField,
        models.UUIDField,
    }
)


def update_rows(rows: Sequence[models.Model], *names: str) -> int:
    """Write these fields of rows that are there; how many. The rows are of one model.

    The caller holds their locks, so no two such statements can wait for each other.
    """
    if not rows:
        return 0
    about = rows[0]._meta
    fields: list[Any] = [about.get_field(name) for name in names]
    key = _quoted(about.pk)
    changes = ", ".join(f"{_quoted(field)} = given.{_quoted(field)}" for field in fields)
    names_given = ", ".join(map(_quoted, [about.pk, *fields]))
    statement = (
        f"UPDATE {connection.ops.quote_name(about.db_table)} AS old SET {changes}"  # noqa: S608 - names of our own columns
        f" FROM (SELECT {_casts([about.pk, *fields])} FROM unnest({_arrays([about.pk, *fields])})"
        f" AS raw ({names_given})) AS given WHERE old.{key} = given.{key}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, _columns(rows, [about.pk, *fields]))
        return cursor.rowcount


def insert_rows(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """Insert new rows of one model, in this order; they learn their keys, unless conflicts are ignored."""
    if not rows:
        return
    about = rows[0]._meta
    fields = [field for field in about.concrete_fields if not _left_to_database(rows[0], field)]
    names_given = ", ".join(map(_quoted, fields))
    after = " ON CONFLICT DO NOTHING" if ignore_conflicts else f" RETURNING {_quoted(about.pk)}"
    statement = (
        f"INSERT INTO {connection.ops.quote_name(about.db_table)} ({names_given})"  # noqa: S608 - names of our own columns
        f" SELECT {_casts(fields)} FROM unnest({_arrays(fields)}) WITH ORDINALITY"
        f" AS raw ({names_given}, given_order) ORDER BY given_order{after}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, _columns(rows, fields))
        keys = [] if ignore_conflicts else cursor.fetchall()
    for row, (key,) in zip(rows, keys, strict=False):
        row.pk = key
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _left_to_database(row: models.Model, field: Any) -> bool:
    value = getattr(row, field.attname)
    return isinstance(value, DatabaseDefault) or (field.primary_key and value is None)


def _quoted(field: Any) -> str:
    return connection.ops.quote_name(field.column)


def _arrays(fields: Sequence[Any]) -> str:
    return ", ".join("%s::text[]" if _is_array(field) else f"%s::{_type(field)}[]" for field in fields)


def _casts(fields: Sequence[Any]) -> str:
    """An array in a row goes as its text: arrays of arrays would be taken apart entirely."""
    return ", ".join(f"{_quoted(field)}::{_type(field)}" if _is_array(field) else _quoted(field) for field in fields)


def _columns(rows: Sequence[models.Model], fields: Sequence[Any]) -> list[Any]:
    return [_column(rows, field) for field in fields]


def _column(rows: Sequence[models.Model], field: Any) -> Any:
    values = [getattr(row, field.attname) for row in rows]
    if type(field) not in AS_GIVEN or not _can_write(values):
        # Not through the proxy: it looks for its connection at every touch.
        own = connections[DEFAULT_DB_ALIAS]
        values = [field.get_db_prep_save(value, own) for value in values]
    if _is_array(field):
        values = [value if value is None else array_text(value) for value in values]
    return array_text(values) if _can_write(values) else values


def _can_write(values: Sequence[Any]) -> bool:
    return _WRITTEN.keys() >= set(map(type, values))


def array_text(values: Sequence[Any]) -> str:
    """An array as PostgreSQL writes one: a single parameter, instead of one for every value in it."""
    return "{" + ",".join([_WRITTEN[type(value)](value) for value in values]) + "}"


def _json(value: Jsonb) -> str:
    return quoted(value.dumps(value.adapted))


_WRITTEN: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "NULL",
    bool: lambda value: "t" if value else "f",
    int: str,
    str: quoted,
    date: date.isoformat,
    datetime: datetime.isoformat,
    UUID: str,
    Jsonb: _json,
}


def _is_array(field: Any) -> bool:
    return isinstance(field, ArrayField)


def _type(field: Any) -> str:
    return field.cast_db_type(connection)
