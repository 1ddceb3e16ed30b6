"""Where sealed values are kept: every encrypted column of every installed model, history tables included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models

from common.crypto.fields import EncryptedTextField


@dataclass(frozen=True)
class SealedTable:
    """One table with encrypted columns. `places` is the table.column each one is sealed for, in the same order.

    `row_column` holds the row id a value is sealed for: the primary key, or the tracked row's in a history table.
    """

    table: str
    primary_key: str
    primary_key_type: str
    row_column: str
    columns: tuple[str, ...]
    places: tuple[tuple[str, str], ...]


def sealed_tables() -> Iterator[SealedTable]:
    for model in apps.get_models():
        fields = [field for field in model._meta.local_fields if isinstance(field, EncryptedTextField)]
        if fields and model._meta.managed and not model._meta.proxy:
            yield _sealed_table(model, fields)


def _sealed_table(model: type[models.Model], fields: list[EncryptedTextField]) -> SealedTable:
    key = model._meta.pk
    tracked: Any = getattr(model, "pgh_tracked_model", None)
    origin = tracked or model
    return SealedTable(
        table=model._meta.db_table,
        primary_key=str(key.column),
        primary_key_type=key.rel_db_type(connection) or "bigint",
        row_column=_column(model, "pgh_obj") if tracked else str(key.column),
        columns=tuple(str(field.column) for field in fields),
        places=tuple((origin._meta.db_table, _column(origin, field.name)) for field in fields),
    )


def _column(model: type[models.Model], name: str) -> str:
    found: Any = model._meta.get_field(name)
    return str(found.column)
