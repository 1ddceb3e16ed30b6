"""Rows that are read or made by the thousand: without what Django does for each column of a single one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import signals
from django.db.models.base import ModelState

RowT = TypeVar("RowT", bound=models.Model)


class Row(models.Model):
    """Made of what the database answered without a call for every column: a quarter of the usual time.

    For models without fields that wait for `post_init` (files, generic relations).
    """

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **_: Any) -> Self:
        row = cls.__new__(cls)
        state = ModelState()
        state.db, state.adding = db, False
        # Fields that are missing here are deferred: they are read when somebody touches them.
        row.__dict__.update(zip(field_names, values, strict=True), _state=state)
        return row

    def know(self, **related: models.Model) -> None:
        """Related rows that are at hand, so that nobody asks for them; their keys are in this row already."""
        self._state.fields_cache.update(related)


@dataclass(frozen=True)
class _Blank:
    """What a new row of a model begins with: `fixed` is the same for all, `made` anew for each."""

    fixed: Mapping[str, Any]
    made: Mapping[str, Callable[[], Any]]
    relations: Mapping[str, tuple[str, str]]


def new_row(model: type[RowT], **values: Any) -> RowT:
    """As `model(**values)`, not saved yet, for a fifth of the price. For models as those of `Row`."""
    blank = _blank(model)
    row, state = model.__new__(model), ModelState()
    content = dict(blank.fixed)
    for name, make in blank.made.items():
        if name not in values:
            content[name] = make()
    for name, value in values.items():
        if name in blank.relations:
            column, key = blank.relations[name]
            state.fields_cache[name] = value
            content[column] = None if value is None else getattr(value, key)
        elif name in content or name in blank.made:
            content[name] = value
        else:
            raise TypeError(f"{model.__name__} has no field {name}")
    row.__dict__.update(content, _state=state)
    return row


@lru_cache(maxsize=64)
def _blank(model: type[models.Model]) -> _Blank:
    if signals.post_init.has_listeners(model) or signals.pre_init.has_listeners(model):
        raise TypeError(f"{model.__name__} wants to hear of its new rows")
    fields: list[Any] = list(model._meta.concrete_fields)
    made = {field.attname: field.default for field in fields if callable(field.default) and field.has_default()}
    return _Blank(
        fixed={field.attname: field.get_default() for field in fields if field.attname not in made},
        made=made,
        relations={field.name: (field.attname, field.target_field.attname) for field in fields if field.is_relation},
    )
