"""Columns that make encrypted ones findable: filled from their source each time the row is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.signals import pre_save

from common.crypto import normalise as rules
from common.crypto.blind import NAME_TOKEN, blind_index, name_indexer, token_indexer
from common.crypto.errors import SealRefused

NORMALISERS: dict[str, Callable[[str], str]] = {
    "email": rules.normalise_email,
    "phone": rules.normalise_phone,
    "phone_last4": rules.phone_last4,
    "name": rules.normalise_name,
    "contact": rules.normalise_contact,
    "reference": rules.normalise_reference,
}


def normalised_index(value: str, *, purpose: str) -> str:
    """The blind index of a value as typed: `filter(email_index=normalised_index(text, purpose="email"))`."""
    return blind_index(NORMALISERS[purpose](value), purpose=purpose)


class _FollowsSource(models.Field):
    """Shared by blind columns: where the value comes from, and that both are saved together."""

    source: str

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract:
            pre_save.connect(self._refuse_stale_index, sender=cls, weak=False, dispatch_uid=(cls, name))

    def _refuse_stale_index(self, *, update_fields: Iterable[str] | None, **_: Any) -> None:
        if update_fields and self.source in update_fields and self.name not in update_fields:
            raise SealRefused(f"Saving {self.source} must save {self.name} too: add it to update_fields.")


class BlindIndexField(_FollowsSource, models.CharField):
    """32 hex digits, the blind index of `source`; empty when that is. `normalise` defaults to the purpose's own.

    Declare its database index in the model's Meta.
    """

    def __init__(
        self, *args: Any, source: str, purpose: str, normalise: Callable[[str], str] | None = None, **kwargs: Any
    ) -> None:
        self.source, self.purpose, self.normalise = source, purpose, normalise
        defaults = {"max_length": 32, "blank": True, "default": "", "editable": False}
        super().__init__(*args, **{**defaults, **kwargs})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs |= {"source": self.source, "purpose": self.purpose}
        if self.normalise:
            kwargs["normalise"] = self.normalise
        return name, path, args, kwargs

    def pre_save(self, model_instance: Any, add: bool) -> str:
        normalise = self.normalise or NORMALISERS[self.purpose]
        index = blind_index(normalise(getattr(model_instance, self.source) or ""), purpose=self.purpose)
        setattr(model_instance, self.attname, index)
        return index


class BlindTokensField(_FollowsSource, ArrayField):
    """bigint[]: the blind tokens of a name, for search by its parts. Give it a GIN index in the model's Meta.

    Search: `filter(name_tokens__contains=blind_query(text))`, then `normalise.name_matches` on what was opened.
    """

    def __init__(self, *args: Any, source: str, purpose: str = NAME_TOKEN, **kwargs: Any) -> None:
        self.source, self.purpose = source, purpose
        kwargs |= {"base_field": models.BigIntegerField()}
        super().__init__(*args, **{"blank": True, "default": list, "editable": False, **kwargs})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("base_field")
        return name, path, args, kwargs | {"source": self.source, "purpose": self.purpose}

    def pre_save(self, model_instance: Any, add: bool) -> list[int]:
        tokens = name_indexer(self.purpose)(getattr(model_instance, self.source) or "")
        setattr(model_instance, self.attname, tokens)
        return tokens


def blind_query(text: str, *, purpose: str = NAME_TOKEN) -> list[int]:
    """The tokens a row must carry to match what was typed; empty for nothing searchable (then search nothing)."""
    return token_indexer(purpose)(rules.name_query_tokens(text))
