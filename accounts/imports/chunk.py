"""One chunk of rows, from cells to committed accounts, in one transaction that also says that the chunk is in."""

from __future__ import annotations

import marshal
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from accounts.imports import apply_sql, resolve_sql
from accounts.imports.hooks import ChunkContext, run_hooks
from accounts.imports.parser import RowParser
from accounts.imports.people import PeopleWriter, known_people, record_line
from accounts.imports.plan import ReadingPlan
from accounts.imports.record import Record
from accounts.imports.rows import Row
from accounts.imports.staging import TABLES, copy_lines, copy_text
from common.clock import now

ATTEMPTS = 6
OUTCOMES = ("created", "updated", "unchanged")


@dataclass(frozen=True)
class JobFacts:
    """What a worker must know of the job; plain data, so that it can be sent to another process."""

    job_id: UUID
    creditor_id: int
    portfolio_id: int | None
    actor_id: int | None
    plan: ReadingPlan
    dry: bool = False


@dataclass(frozen=True)
class Chunk:
    """`duplicates` is line -> the earlier line with its reference; `repeats` are lines of people seen before."""

    number: int
    rows: list[Row]
    duplicates: dict[int, int] = field(default_factory=dict)
    repeats: frozenset[int] = frozenset()

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process in a third of the time pickle takes for as many small tuples."""
        rows = marshal.dumps([tuple(row) for row in self.rows])
        return _chunk_from, (self.number, rows, self.duplicates, self.repeats)


def _chunk_from(number: int, rows: bytes, duplicates: dict[int, int], repeats: frozenset[int]) -> Chunk:
    return Chunk(number, [Row._make(row) for row in marshal.loads(rows)], duplicates, repeats)  # noqa: S302 - as in pool


@dataclass
class ChunkResult:
    number: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[tuple[int, list[str]]] = field(default_factory=list)

    @property
    def bad(self) -> int:
        return len(self.problems)


class ChunkImporter:
    """Brings chunks of one job in. Made once per process and connection."""

    def __init__(self, facts: JobFacts) -> None:
        self.facts, self.parser, self._ready = facts, RowParser(facts.plan), False

    def run(self, chunk: Chunk) -> ChunkResult:
        """Counts of the chunk; all zero when another runner brought it in already.

        A clash with a concurrent writer (a person both of us met first, a deadlock) is tried again from the start.
        """
        records, problems = self._understood(chunk)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._attempt(chunk, records, list(problems))
            except (IntegrityError, OperationalError):
                if attempt == ATTEMPTS:
                    raise
                self._ready = False
        raise AssertionError("unreachable")

    def _understood(self, chunk: Chunk) -> tuple[list[Record], list[tuple[int, list[str]]]]:
        records, problems = [], []
        for row in chunk.rows:
            earlier = chunk.duplicates.get(row.line)
            understood = self.parser.parse(row)
            if isinstance(understood, list):
                problems.append((row.line, understood))
            elif earlier:
                problems.append((row.line, [_("The account reference is already on line %d. Keep one row.") % earlier]))
            else:
                records.append(understood)
        return records, problems

    def _attempt(self, chunk: Chunk, records: list[Record], problems: list[tuple[int, list[str]]]) -> ChunkResult:
        result = ChunkResult(chunk.number, problems=problems)
        with transaction.atomic(), connection.cursor() as cursor:
            values = self._values(chunk)
            self._prepare(cursor)
            if not self.facts.dry and not _claimed(cursor, values):
                return ChunkResult(chunk.number)
            if records:
                self._stage(cursor, records, repeats=chunk.repeats, values=values)
                self._count(cursor, result)
            if self.facts.dry:
                transaction.set_rollback(True)
                self._ready = False
                return result
            self._apply(cursor, result, values)
            _close(cursor, result, values)
        return result

    def _values(self, chunk: Chunk) -> dict[str, Any]:
        facts = self.facts
        return {
            "job": facts.job_id,
            "number": chunk.number,
            "creditor": facts.creditor_id,
            "portfolio": facts.portfolio_id,
            "actor": facts.actor_id,
            "included": facts.plan.payments_included,
            "dry": facts.dry,
            "now": now(),
        }

    def _prepare(self, cursor: Any) -> None:
        """The session's tables, empty. The planner must not read whole big tables to join a few thousand rows."""
        if not self._ready:
            cursor.execute(TABLES)
            self._ready = True
        for table in resolve_sql.EMPTY:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant

    def _stage(self, cursor: Any, records: list[Record], *, repeats: frozenset[int], values: dict[str, Any]) -> None:
        known = known_people(cursor, self.facts.creditor_id, records)
        anyone_known = bool(known)
        writer = PeopleWriter(known, repeats=repeats, dry=self.facts.dry)
        copy_lines(cursor, "import_stage", self._stage_lines(cursor, records, writer))
        copy_lines(cursor, "import_contacts", writer.contacts)
        copy_lines(cursor, "import_consents", writer.consents)
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
        if anyone_known:
            cursor.execute(resolve_sql.DROP_KNOWN_CONTACTS)
            cursor.execute(resolve_sql.DROP_KNOWN_CONSENTS)
        cursor.execute(resolve_sql.RESOLVE, values)
        cursor.execute("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on")

    def _stage_lines(self, cursor: Any, records: list[Record], writer: PeopleWriter) -> list[str]:
        """Known accounts are locked first, in id order; new ones take their ids from the sequence."""
        references = [record.account_reference for record in records]
        cursor.execute(resolve_sql.KNOWN_ACCOUNTS, [self.facts.creditor_id, references])
        known = dict(cursor.fetchall())
        fresh = [0] * len(records)
        if not self.facts.dry:
            if known:
                cursor.execute(resolve_sql.LOCK, [list(known.values())])
            cursor.execute(resolve_sql.NEW_IDS, [len(records) - len(known)])
            fresh = [row[0] for row in cursor.fetchall()]
        lines = []
        for record in records:
            account_id = known.get(record.account_reference)
            new_id = account_id or fresh.pop()
            person = writer.line(record)
            lines.append(record_line(record, account_id=new_id, known=account_id is not None, debtor=person))
        return lines

    def _count(self, cursor: Any, result: ChunkResult) -> None:
        cursor.execute(resolve_sql.OUTCOMES)
        counts = dict(cursor.fetchall())
        for outcome in OUTCOMES:
            setattr(result, outcome, counts.pop(outcome, 0))
        if not counts:
            return
        cursor.execute(resolve_sql.REFUSED)
        refused = [(line, [_REFUSALS[outcome]()]) for line, outcome in cursor.fetchall()]
        for statement in resolve_sql.FORGET_REFUSED:
            cursor.execute(statement, {"lines": [line for line, _reasons in refused]})
        result.problems = sorted([*result.problems, *refused])

    def _apply(self, cursor: Any, result: ChunkResult, values: dict[str, Any]) -> None:
        if not result.created and not result.updated:
            return
        statements = [*apply_sql.ALWAYS, *apply_sql.ON_CONSENTS]
        for statement in [*statements, *(apply_sql.ON_UPDATES if self._touches_known(cursor) else ())]:
            cursor.execute(statement, values)
        run_hooks(cursor, ChunkContext(self.facts.job_id, result.number, self.facts.creditor_id))

    @staticmethod
    def _touches_known(cursor: Any) -> bool:
        cursor.execute("SELECT EXISTS (SELECT FROM import_rows WHERE outcome = 'updated' OR debtor_changed)")
        return bool(cursor.fetchone()[0])


def _claimed(cursor: Any, values: dict[str, Any]) -> bool:
    cursor.execute(apply_sql.CLAIM_CHUNK, values)
    return bool(cursor.rowcount)


def _close(cursor: Any, result: ChunkResult, values: dict[str, Any]) -> None:
    counts = {name: getattr(result, name) for name in (*OUTCOMES, "bad")}
    cursor.execute(apply_sql.CLOSE_CHUNK, values | counts)
    _keep_problems(cursor, result.problems, job_id=values["job"])


def _keep_problems(cursor: Any, problems: Iterable[tuple[int, list[str]]], *, job_id: UUID) -> None:
    lines = (f"{job_id}\t{line}\t{copy_text(chr(10).join(reasons))}\n" for line, reasons in problems)
    copy_lines(cursor, "accounts_importproblem (job_id, line, reasons)", lines)


_REFUSALS = {
    "nothing_owed": lambda: _("Nothing is owed on this account: leave the row out."),
    "other_currency": lambda: _(
        "The account is kept in another currency. Correct it, or place it under a new reference."
    ),
    "other_customer": lambda: _(
        "The account belongs to another customer reference here. Correct the customer reference."
    ),
    "paid_meanwhile": lambda: _(
        "The balance changed, and payments were taken here since the last file. Import again and say whether the "
        "file's balances include those payments."
    ),
    "below_zero": lambda: _("With the payments taken here the balance would fall below zero. Correct the balance."),
}
