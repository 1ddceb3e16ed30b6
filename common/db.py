"""Small database helpers shared by the models."""

from __future__ import annotations

from django.db import models


class CurrentTransaction(models.Func):
    """The id of the writing transaction, as a column default: lets triggers and the sealer tell old rows from new."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()
    arity = 0
