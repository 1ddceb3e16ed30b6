"""Row history: every update and deletion of a tracked table is kept by a database trigger, raw SQL included.

Inserts are not copied: until its first change the row itself is its history, which keeps bulk imports cheap. Columns
that only repeat what other append-only rows say (a balance repeats the ledger) may be left out: writing them alone
copies nothing, and a copy that another column caused shows them as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.db import models

Model = TypeVar("Model", bound=type)


def track_changes(model: Model) -> Model:
    return _track(model, pghistory.UpdateEvent("changed", row=pghistory.Old))


def track_changes_but(*repeated: str) -> Callable[[Model], Model]:
    """As `track_changes`, for a table with fields that repeat what is kept elsewhere."""
    return partial(_track_but, repeated=repeated)


def _track_but(model: Model, *, repeated: tuple[str, ...]) -> Model:
    own = [field for field in _fields(model) if field.name not in repeated]
    # The names of the columns cost nothing to compare with those of a statement; the values cost more than the update.
    changed = pghistory.UpdateEvent(
        "changed",
        row=pghistory.Old,
        operation=pgtrigger.UpdateOf(*(str(field.column) for field in own)),
        condition=pgtrigger.AnyChange(*(field.name for field in own)),
        trigger_name="changed_update",
    )
    return _track(model, changed)


def _fields(model: Any) -> list[Any]:
    return list(model._meta.concrete_fields)


def _track(model: Model, changed: pghistory.UpdateEvent) -> Model:
    tracked: Any = pghistory.track(
        changed,
        pghistory.DeleteEvent("deleted", row=pghistory.Old),
        obj_field=pghistory.ObjForeignKey(related_name="row_changes", related_query_name="row_change"),
        model_name=f"{model.__name__}Change",
        # The library's own number has 32 bits: a million accounts that change weekly would use them up.
        attrs={"pgh_id": models.BigAutoField(primary_key=True)},
    )(model)
    return tracked
