"""Small database helpers shared by the models."""

from __future__ import annotations

from typing import Any

from django.db import models

from common.bulk import array_text


class CurrentTransaction(models.Func):
    """The id of the writing transaction, as a column default: lets triggers and the sealer tell old rows from new."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()
    arity = 0


@models.ForeignObject.register_lookup
@models.Field.register_lookup
class AnyOf(models.Lookup):
    """`pk__any_of=keys`: as `__in` with a list, but the list is one parameter, however long it is.

    The keys are plain values (no rows, no query). The database has one statement to read, and Python no list to spell.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        column, values = self.process_lhs(compiler, connection)
        kind = self.lhs.output_field.cast_db_type(connection)
        return f"{column} = ANY(%s::{kind}[])", (*values, array_text(list(self.rhs)))
