"""EncryptedTextField: plaintext on the instance, sealed text in the column, bound to table, column and primary key."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.db.models.lookups import Exact, Lookup
from django.db.models.query_utils import DeferredAttribute

from common.crypto.blind_fields import BlindIndexField, BlindTokensField
from common.crypto.cipher import context_of, key_id_of, open_sealed, seal
from common.crypto.errors import SealRefused
from common.crypto.keys import keyring

__all__ = ["BlindIndexField", "BlindTokensField", "EncryptedTextField", "Sealed", "sealed_value"]


class Sealed(str):
    """Text known to be sealed: what the column holds, as opposed to what a person typed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<sealed>"


class OpeningAttribute(DeferredAttribute):
    """Opens the sealed text when it is read; the instance itself keeps the sealed form."""

    field: EncryptedTextField

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        return self.field.opened(instance, value) if type(value) is Sealed else value

    def __set__(self, instance: Any, value: Any) -> None:
        values, name = instance.__dict__, self.field.attname
        if type(values.get(name)) is Sealed:
            values[self.field.former_name] = values[name]
        values[name] = value


class EncryptedTextField(models.TextField):
    """Text sealed at rest. Empty text and NULL stay as they are, so `exact=""` and `isnull` are its only lookups.

    The primary key must be set before the row is saved (`default=uuid7`). `values()` and raw SQL see the sealed text;
    `update()` takes only what `sealed_value` made. On a pghistory event model the value opens in the context of the
    row it was copied from.
    """

    descriptor_class = OpeningAttribute

    @property
    def former_name(self) -> str:
        return f"_former_{self.attname}"

    def context(self, instance: Any) -> str:
        """Where a value of this instance belongs: table.column.row, of the tracked row for a history event."""
        tracked = getattr(self.model, "pgh_tracked_model", None)
        if tracked is not None:
            origin = tracked._meta.get_field(self.name)
            row_id = tracked._meta.pk.to_python(instance.pgh_obj_id)
            return context_of(tracked._meta.db_table, str(origin.column), row_id)
        if instance.pk is None:
            raise SealRefused("Set the primary key before sealing: use a key with a default, such as uuid7.")
        return context_of(self.model._meta.db_table, str(self.column), self.model._meta.pk.to_python(instance.pk))

    def opened(self, instance: Any, value: Sealed) -> str:
        return open_sealed(value, context=self.context(instance))

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return Sealed(value) if value else value

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """The sealed text to store; the instance keeps it, so an unchanged value is not sealed again.

        A kept value is opened once to prove that it belongs to this row and not to one it was copied from.
        """
        values = model_instance.__dict__
        former, value = values.pop(self.former_name, None), values.get(self.attname)
        if not value:
            return value
        if hasattr(value, "resolve_expression"):
            raise SealRefused(f"The encrypted column {self.name} cannot be set by a database expression.")
        if type(value) is Sealed:
            former, value = value, self.opened(model_instance, value)
        values[self.attname] = self._kept(former, str(value), model_instance) or sealed_value(
            model_instance, self.attname, str(value)
        )
        return values[self.attname]

    def _kept(self, former: Sealed | None, plaintext: str, instance: Any) -> Sealed | None:
        if former is None or key_id_of(former) != keyring().active_id:
            return None
        return former if self.opened(instance, former) == plaintext else None

    def get_prep_value(self, value: Any) -> Any:
        if not value or type(value) is Sealed or hasattr(value, "resolve_expression"):
            return value
        raise SealRefused(
            f"Plaintext must not reach the column {self.name}: save the instance, or pass `sealed_value(...)`."
        )

    def value_to_string(self, obj: Any) -> str:
        """Serialised rows (`dumpdata`) carry the sealed text."""
        return str(self.pre_save(obj, add=False) or "")

    def get_lookup(self, lookup_name: str) -> type[Lookup[Any]] | None:
        lookups: dict[str, Any] = {"exact": EmptyExact, "isnull": super().get_lookup("isnull")}
        return lookups.get(lookup_name) or _refuse_lookup(self.name)

    def get_transform(self, lookup_name: str) -> NoReturn:
        _refuse_lookup(self.name)


class EmptyExact(Exact):
    """Equality with empty text, the one value that is stored as it is."""

    def get_prep_lookup(self) -> Any:
        return self.rhs if self.rhs == "" else _refuse_lookup(self.lhs.output_field.name)


def _refuse_lookup(name: str) -> NoReturn:
    raise SealRefused(f"The encrypted column {name} cannot be searched: filter on its blind index instead.")


def sealed_value(instance: models.Model, name: str, plaintext: str) -> Sealed:
    """`plaintext` sealed for the column `name` of this row, for `queryset.filter(pk=...).update(...)`."""
    field = instance._meta.get_field(name)
    if not isinstance(field, EncryptedTextField):
        raise SealRefused(f"{name} is not an encrypted field.")
    return Sealed(seal(plaintext, context=field.context(instance)) if plaintext else plaintext)
