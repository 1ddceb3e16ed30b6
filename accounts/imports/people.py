"""The people of a chunk: who is known already, what changed about them, and everything personal sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from accounts.imports.record import Record
from accounts.imports.staging import uuid7_texts
from common.crypto.blind import indexer, name_indexer
from common.crypto.cipher import context_of, open_sealed, sealer
from common.crypto.normalise import normalise_contact, normalise_email

_KNOWN = """
    SELECT creditor_reference, id::text, name, birth_year, country, time_zone, language,
        language_chosen
    FROM accounts_debtor WHERE creditor_id = %s AND creditor_reference = ANY(%s)
"""


_FACTS = ("name", "birth_year", "country", "time_zone", "language")


@dataclass(slots=True)
class Person:
    """One debtor of the chunk; `name` to `language` as kept now (empty for a new one)."""

    id: str
    new: bool
    name: str = ""
    birth_year: str = ""
    country: str = ""
    time_zone: str = ""
    language: str = ""
    language_chosen: bool = False

    def differs(self, record: Record) -> bool:
        return any(getattr(record, name) != getattr(self, name) for name in self._said(record))

    def take_over(self, record: Record) -> None:
        for name in self._said(record):
            setattr(self, name, getattr(record, name))

    def _said(self, record: Record) -> Iterator[str]:
        """An empty cell never wipes what is known, an assumption never changes it, nor a file the person's choice."""
        for name in _FACTS:
            if not getattr(record, name) or (name in record.assumed and not self.new):
                continue
            if name != "language" or not self.language_chosen:
                yield name


def known_people(cursor: Any, creditor_id: int, records: Sequence[Record]) -> dict[str, Person]:
    references = list({record.customer_reference for record in records})
    cursor.execute(_KNOWN, [creditor_id, references])
    return {row[0]: _opened(*row[1:]) for row in cursor.fetchall()}


def _opened(debtor_id: str, name: str, birth_year: str, *rest: Any) -> Person:
    def opened(column: str, sealed: str) -> str:
        return open_sealed(sealed, context=context_of("accounts_debtor", column, debtor_id)) if sealed else ""

    return Person(debtor_id, False, opened("name", name), opened("birth_year", birth_year), *rest)


NEW, CHANGED, SAME = "new", "changed", ""


class PeopleWriter:
    """Turns people into COPY's text format, sealed. Made once per chunk: it holds the key active now."""

    def __init__(
        self, known: dict[str, Person], *, repeats: frozenset[int], moment: datetime, dry: bool = False
    ) -> None:
        self._known, self._repeats = known, repeats
        nothing: Callable[[str, Any], str] = lambda text, _row: ""  # noqa: E731
        self._seal_name = nothing if dry else sealer("accounts_debtor", "name")
        self._seal_year = nothing if dry else sealer("accounts_debtor", "birth_year")
        self._seal_value = nothing if dry else sealer("accounts_contactpoint", "value")
        self._tokens, self._index = name_token_texts(), indexer("contact")
        self._next_id = uuid7_texts()
        self._ending = f"unknown\t{moment.isoformat()}"
        self._seen: set[str] = set()

    def remember(self, records: Sequence[Record], ids: dict[str, str]) -> None:
        """People written already, whose other rows of this chunk must find them; a person's first row speaks."""
        for record in reversed(records):
            person = self._known[record.customer_reference] = Person(ids[record.customer_reference], True)
            person.take_over(record)

    def met(self, record: Record) -> tuple[Person, str]:
        """The record's person, and whether they are new or changed."""
        person = self._known.get(record.customer_reference)
        if person is None:
            person = self._known[record.customer_reference] = Person(self._next_id(), True)
            state = NEW
        elif record.line not in self._repeats and person.differs(record):
            state = CHANGED
        else:
            return person, SAME
        person.take_over(record)
        return person, state

    def sealed(self, person: Person) -> str:
        """Name, name tokens, birth year, country, time zone, language."""
        name, year = self._seal_name(person.name, person.id), self._seal_year(person.birth_year, person.id)
        return f"{name}\t{self._tokens(person.name)}\t{year}\t{person.country}\t{person.time_zone}\t{person.language}"

    def contact_points(self, person: Person, record: Record) -> list[str]:
        """The columns of `import_contacts` up to `created_at` for each contact point not met before in this chunk."""
        points = [
            self._contact(person.id, "email", email, normalise_email(email), "", position)
            for position, email in enumerate(record.emails)
        ]
        points += [
            self._contact(person.id, "phone", phone, phone[1:], phone[-4:], position)
            for position, phone in enumerate(record.phones)
        ]
        if record.address:
            points.append(self._contact(person.id, "address", record.address, normalise_contact(record.address), "", 0))
        return [point for point in points if point]

    def _contact(self, person_id: str, kind: str, value: str, spelling: str, digits: str, position: int) -> str:
        index = self._index(spelling)
        mark = person_id + index
        if mark in self._seen:
            return ""
        self._seen.add(mark)
        row_id = self._next_id()
        sealed = self._seal_value(value, row_id)
        return f"{row_id}\t{person_id}\t{kind}\t{sealed}\t{index}\t{digits}\t{position}\t{self._ending}"


@cache
def _name_tokens() -> Callable[[str], list[str]]:
    """One per process: it remembers the words it has seen."""
    return name_indexer(form=str)


def name_token_texts() -> Callable[[str], str]:
    """`tokens(name)` as COPY wants an array."""
    tokens = _name_tokens()
    return lambda name: f"{{{','.join(tokens(name))}}}"
