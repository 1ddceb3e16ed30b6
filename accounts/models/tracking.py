"""Row history: every update and deletion of a tracked table is kept by a database trigger, raw SQL included.

Inserts are not copied: until its first change the row itself is its history, which keeps bulk imports cheap.
"""

from __future__ import annotations

from typing import Any, TypeVar

import pghistory
from django.db import models

Model = TypeVar("Model", bound=type)


def track_changes(model: Model) -> Model:
    tracked: Any = pghistory.track(
        pghistory.UpdateEvent("changed", row=pghistory.Old),
        pghistory.DeleteEvent("deleted", row=pghistory.Old),
        obj_field=pghistory.ObjForeignKey(related_name="row_changes", related_query_name="row_change"),
        model_name=f"{model.__name__}Change",
        # The library's own number has 32 bits: a million accounts that change weekly would use them up.
        attrs={"pgh_id": models.BigAutoField(primary_key=True)},
    )(model)
    return tracked
