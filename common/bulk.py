"""Writing many rows with one statement, at a small part of what the ORM's own doors for it cost.

A column is given as one array, written out as PostgreSQL reads it; `unnest` turns the arrays into rows. A column with
the same value in every row, as most have in a batch of one kind, is given as that value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
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


@dataclass(frozen=True)
class _Column:
    """`value` is the array of all rows' values, or with `same` the one they all have."""

    field: Any
    value: Any
    same: bool

    @property
    def name(self) -> str:
        return _words_for(self.field).name

    @property
    def given(self) -> str:
        words = _words_for(self.field)
        return words.one if self.same else words.raw

    @property
    def array(self) -> str:
        return _words_for(self.field).array


class _Words(NamedTuple):
    """A column in SQL: its name, how one value is given, how it is called among the arrays, how its array is given."""

    name: str
    one: str
    raw: str
    array: str


@lru_cache(maxsize=2048)
def _words_for(field: Any) -> _Words:
    """Arrays in rows go as their text: arrays of arrays would be taken apart entirely."""
    own = connections[DEFAULT_DB_ALIAS]
    name, kind = own.ops.quote_name(field.column), field.cast_db_type(own)
    if _is_array(field):
        return _Words(name, f"%s::{kind}", f"raw.{name}::{kind}", "%s::text[]")
    return _Words(name, f"%s::{kind}", f"raw.{name}", f"%s::{kind}[]")


def update_rows(rows: Sequence[models.Model], *names: str) -> int:
    """Write these fields of rows that are there; how many. The rows are of one model.

    The caller holds their locks, so no two such statements can wait for each other.
    """
    if not rows:
        return 0
    about = rows[0]._meta
    key = _Column(about.pk, _array(about.pk, [row.pk for row in rows]), same=False)
    columns = [_column(rows, about.get_field(name)) for name in names]
    changes = ", ".join(f"{column.name} = {column.given}" for column in columns)
    many = [key, *(column for column in columns if not column.same)]
    statement = (
        f"UPDATE {connection.ops.quote_name(about.db_table)} AS old SET {changes}"  # noqa: S608 - names of our own columns
        f" FROM {_unnested(many)} WHERE old.{key.name} = {key.given}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [column.value for column in (*_same(columns), *many)])
        return cursor.rowcount


def insert_rows(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """Insert new rows of one model, in this order; they learn their keys, unless conflicts are ignored."""
    if not rows:
        return
    about = rows[0]._meta
    columns = [_column(rows, field) for field in about.concrete_fields if not _left_to_database(rows[0], field)]
    many = [column for column in columns if not column.same]
    source = _unnested(many, ordered=True) if many else "generate_series(1, %s) AS raw (given_order)"
    after = " ON CONFLICT DO NOTHING" if ignore_conflicts else f" RETURNING {about.pk.attname}"
    statement = (
        f"INSERT INTO {connection.ops.quote_name(about.db_table)} ({', '.join(column.name for column in columns)})"  # noqa: S608 - names of our own columns
        f" SELECT {', '.join(column.given for column in columns)} FROM {source} ORDER BY given_order{after}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [column.value for column in (*_same(columns), *many)] + ([] if many else [len(rows)]))
        keys = [] if ignore_conflicts else cursor.fetchall()
    for row, (row_id,) in zip(rows, keys, strict=False):
        row.pk = row_id
    alias = connection.alias
    for row in rows:
        row._state.adding, row._state.db = False, alias


def _left_to_database(row: models.Model, field: Any) -> bool:
    value = getattr(row, field.attname)
    return isinstance(value, DatabaseDefault) or (field.primary_key and value is None)


def _same(columns: Sequence[_Column]) -> list[_Column]:
    return [column for column in columns if column.same]


def _unnested(columns: Sequence[_Column], *, ordered: bool = False) -> str:
    names = [*(column.name for column in columns), *(["given_order"] if ordered else [])]
    order = " WITH ORDINALITY" if ordered else ""
    return f"unnest({', '.join(column.array for column in columns)}){order} AS raw ({', '.join(names)})"


def _column(rows: Sequence[models.Model], field: Any) -> _Column:
    values = _values(rows, field)
    if _all_the_same(values):
        (value,) = _prepared(field, values[:1])
        return _Column(field, array_text(value) if isinstance(value, list) else value, same=True)
    return _Column(field, _array(field, values), same=False)


def _values(rows: Sequence[models.Model], field: Any) -> list[Any]:
    name = field.attname
    if type(field) in AS_GIVEN:
        with suppress(KeyError):  # deferred, so it has to be read
            return [row.__dict__[name] for row in rows]
    return [getattr(row, name) for row in rows]


def _all_the_same(values: Sequence[Any]) -> bool:
    """Not only equal: as JSON `1` and `true` are two things."""
    first = values[0]
    exact = type(first) in _EXACT or (type(first) is list and {str} >= set(map(type, first)))
    return exact and values.count(first) == len(values) and len(set(map(type, values))) == 1


def _prepared(field: Any, values: list[Any]) -> list[Any]:
    if type(field) in AS_GIVEN and _can_write(values):
        return values
    # Not through the proxy: it looks for its connection at every touch.
    own = connections[DEFAULT_DB_ALIAS]
    return [field.get_db_prep_save(value, own) for value in values]


def _array(field: Any, values: list[Any]) -> Any:
    values = _prepared(field, values)
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
_EXACT = _WRITTEN.keys() - {Jsonb}


def _is_array(field: Any) -> bool:
    return isinstance(field, ArrayField)
