"""The people of a chunk: who is known already, what changed about them, and everything personal sealed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.imports.record import Record
from accounts.imports.staging import copy_array, copy_text, uuid7_texts
from common.crypto.blind import indexer, name_indexer
from common.crypto.cipher import context_of, open_sealed, sealer
from common.crypto.normalise import normalise_contact, normalise_email

_KNOWN = """
    SELECT creditor_reference, id::text, name, birth_year, country, time_zone, language
    FROM accounts_debtor WHERE creditor_id = %s AND creditor_reference = ANY(%s)
"""


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

    def differs(self, record: Record) -> bool:
        """An empty cell says nothing: it never wipes what is known."""
        return bool(
            (record.name and record.name != self.name)
            or (record.birth_year and record.birth_year != self.birth_year)
            or (record.country and record.country != self.country)
            or (record.time_zone and record.time_zone != self.time_zone)
            or (record.language and record.language != self.language)
        )

    def take_over(self, record: Record) -> None:
        for name in ("name", "birth_year", "country", "time_zone", "language"):
            setattr(self, name, getattr(record, name) or getattr(self, name))


def known_people(cursor: Any, creditor_id: int, records: Sequence[Record]) -> dict[str, Person]:
    references = list({record.customer_reference for record in records})
    cursor.execute(_KNOWN, [creditor_id, references])
    return {row[0]: _opened(*row[1:]) for row in cursor.fetchall()}


def _opened(debtor_id: str, name: str, birth_year: str, *rest: str) -> Person:
    def opened(column: str, sealed: str) -> str:
        return open_sealed(sealed, context=context_of("accounts_debtor", column, debtor_id)) if sealed else ""

    return Person(debtor_id, False, opened("name", name), opened("birth_year", birth_year), *rest)


class PeopleWriter:
    """Turns records into lines for the session tables. Made once per chunk: it holds the key active now."""

    def __init__(self, known: dict[str, Person], *, repeats: frozenset[int], dry: bool = False) -> None:
        self._known, self._repeats = known, repeats
        nothing: Callable[[str, Any], str] = lambda text, _row: ""  # noqa: E731
        self._seal_name = nothing if dry else sealer("accounts_debtor", "name")
        self._seal_year = nothing if dry else sealer("accounts_debtor", "birth_year")
        self._seal_value = nothing if dry else sealer("accounts_contactpoint", "value")
        self._tokens, self._index = _name_tokens(), indexer("contact")
        self._next_id = uuid7_texts()
        self._seen: set[tuple[str, str]] = set()
        self.contacts: list[str] = []
        self.consents: list[str] = []

    def line(self, record: Record) -> str:
        """The debtor columns of `import_stage` for one record; contact points and consents are kept aside."""
        person = self._known.get(record.customer_reference)
        if person is None:
            person = self._known[record.customer_reference] = Person(self._next_id(), True)
            text = self._debtor(person, record, state="t\tf")
        elif record.line not in self._repeats and person.differs(record):
            text = self._debtor(person, record, state="f\tt")
        else:
            text = f"{person.id}\tf\tf\t\t{{}}\t\t\t\t"
        self._contact_points(person, record)
        for channel, granted in record.consents:
            self.consents.append(f"{record.line}\t{person.id}\t{channel}\t{'t' if granted else 'f'}\n")
        return text

    def _debtor(self, person: Person, record: Record, *, state: str) -> str:
        person.take_over(record)
        name, year = self._seal_name(person.name, person.id), self._seal_year(person.birth_year, person.id)
        tokens = copy_array(self._tokens(person.name)) if person.name else "{}"
        return (
            f"{person.id}\t{state}\t{name}\t{tokens}\t{year}\t{person.country}\t{person.time_zone}\t{person.language}"
        )

    def _contact_points(self, person: Person, record: Record) -> None:
        for position, email in enumerate(record.emails):
            self._contact(person, record, kind="email", value=email, spelling=normalise_email(email), position=position)
        for position, phone in enumerate(record.phones):
            self._contact(person, record, kind="phone", value=phone, spelling=phone[1:], position=position)
        if record.address:
            spelling = normalise_contact(record.address)
            self._contact(person, record, kind="address", value=record.address, spelling=spelling, position=0)

    def _contact(self, person: Person, record: Record, *, kind: str, value: str, spelling: str, position: int) -> None:
        index = self._index(spelling)
        if (person.id, index) in self._seen:
            return
        self._seen.add((person.id, index))
        row_id = self._next_id()
        digits = value[-4:] if kind == "phone" else ""
        sealed = self._seal_value(value, row_id)
        self.contacts.append(f"{record.line}\t{person.id}\t{row_id}\t{kind}\t{sealed}\t{index}\t{digits}\t{position}\n")


_remembered_tokens: list[Callable[[str], list[int]]] = []


def _name_tokens() -> Callable[[str], list[int]]:
    """One per process: it remembers the words it has seen."""
    if not _remembered_tokens:
        _remembered_tokens.append(name_indexer())
    return _remembered_tokens[0]


def record_line(record: Record, *, account_id: int, known: bool, debtor: str) -> str:
    """One line of `import_stage` (see `staging.TABLES`)."""
    principal, interest, fees, costs = record.components
    limit = "\\N" if record.credit_limit is None else record.credit_limit
    month = record.newest_month or "\\N"
    references = f"{copy_text(record.account_reference)}\t{copy_text(record.customer_reference)}"
    return (
        f"{record.line}\t{account_id}\t{'t' if known else 'f'}\t{references}\t{debtor}\t"
        f"{record.product}\t{record.currency}\t{record.due_date}\t{principal}\t{interest}\t{fees}\t{costs}\t{limit}\t"
        f"{month}\t{copy_array(record.billed)}\t{copy_array(record.paid)}\n"
    )
