"""Rows whose account or person may be known: staged in session tables, compared there, then applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.imports import apply_sql, resolve_sql
from accounts.imports.people import CHANGED, NEW, SAME, PeopleWriter
from accounts.imports.record import Record
from accounts.imports.staging import TABLES, copy_array, copy_lines, copy_text

_FLAGS = {NEW: "t\tf", CHANGED: "f\tt"}
# Somebody who stays as they are brings no columns of their own.
_UNCHANGED = "f\tf\t\t{}\t\t\t\t"


class ComparedRows:
    """One chunk's rows on their way through the session tables of `staging`."""

    def __init__(self, people: PeopleWriter, *, values: dict[str, Any]) -> None:
        self._people, self._values, self._dry = people, values, values["dry"]
        self._contacts: list[str] = []
        self._consents: list[str] = []

    def stage(self, cursor: Any, records: Sequence[Record], *, known: dict[str, int]) -> None:
        """Compare them with what is kept; `import_rows` then says what is to happen to each."""
        cursor.execute(TABLES)
        for table in resolve_sql.EMPTY:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant
        copy_lines(cursor, "import_stage", self._lines(cursor, records, known))
        copy_lines(cursor, "import_contacts", self._contacts)
        copy_lines(cursor, "import_consents", self._consents)
        # The planner must not read whole big tables to join a few thousand rows.
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
        cursor.execute(resolve_sql.DROP_KNOWN_CONTACTS)
        cursor.execute(resolve_sql.DROP_KNOWN_CONSENTS)
        cursor.execute(resolve_sql.RESOLVE, self._values)
        cursor.execute("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on")

    def _lines(self, cursor: Any, records: Sequence[Record], known: dict[str, int]) -> list[str]:
        """Known accounts are locked first, in id order; new ones take their ids from the sequence."""
        fresh = [0] * len(records)
        if not self._dry:
            if known:
                cursor.execute(resolve_sql.LOCK, [sorted(known.values())])
            cursor.execute(resolve_sql.NEW_IDS, [len(records)])
            fresh = [row[0] for row in cursor.fetchall()]
        lines = []
        for record, new_id in zip(records, fresh, strict=True):
            account_id = known.get(record.account_reference)
            lines.append(_line(record, account_id or new_id, known=account_id is not None, debtor=self._debtor(record)))
        return lines

    def _debtor(self, record: Record) -> str:
        person, state = self._people.met(record)
        self._contacts += [f"{point}\t{record.line}\n" for point in self._people.contact_points(person, record)]
        for channel, granted in record.consents:
            self._consents.append(f"{record.line}\t{person.id}\t{channel}\t{'t' if granted else 'f'}\n")
        if state == SAME:
            return f"{person.id}\t{_UNCHANGED}"
        return f"{person.id}\t{_FLAGS[state]}\t{self._people.sealed(person)}"

    def counts(self, cursor: Any) -> dict[str, int]:
        """How many rows end how; refused ones are under their own names."""
        cursor.execute(resolve_sql.OUTCOMES)
        return dict(cursor.fetchall())

    def forget_refused(self, cursor: Any) -> list[tuple[int, str]]:
        """(line, outcome) of rows that cannot come in; nothing of them is written."""
        cursor.execute(resolve_sql.REFUSED)
        refused: list[tuple[int, str]] = cursor.fetchall()
        for statement in resolve_sql.FORGET_REFUSED:
            cursor.execute(statement, {"lines": [line for line, _outcome in refused]})
        return refused

    def apply(self, cursor: Any) -> None:
        statements = [*apply_sql.ALWAYS, *(apply_sql.ON_UPDATES if self._touches_known(cursor) else ())]
        for statement in statements:
            cursor.execute(statement, self._values)

    @staticmethod
    def _touches_known(cursor: Any) -> bool:
        cursor.execute("SELECT EXISTS (SELECT FROM import_rows WHERE outcome = 'updated' OR debtor_changed)")
        return bool(cursor.fetchone()[0])


def _line(record: Record, account_id: int, *, known: bool, debtor: str) -> str:
    """One line of `import_stage` (see `staging.TABLES`)."""
    principal, interest, fees, costs = record.components
    limit = "\\N" if record.credit_limit is None else record.credit_limit
    month = record.newest_month or "\\N"
    references = f"{copy_text(record.account_reference)}\t{copy_text(record.customer_reference)}"
    return (
        f"{record.line}\t{account_id}\t{'t' if known else 'f'}\t{references}\t{debtor}\t"
        f"{record.product}\t{record.segment}\t{record.currency}\t{record.due_date.isoformat()}\t"
        f"{principal}\t{interest}\t{fees}\t{costs}\t{limit}\t{month}\t{copy_array(record.billed)}\t{copy_array(record.paid)}\n"
    )
