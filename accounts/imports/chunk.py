"""One chunk of rows, from cells to committed accounts, in one transaction that also says that the chunk is in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from accounts.imports import apply_sql
from accounts.imports.compared import ComparedRows
from accounts.imports.fresh import FreshRows
from accounts.imports.hooks import ChunkContext, run_hooks
from accounts.imports.parser import RowParser
from accounts.imports.people import PeopleWriter, Person, known_people
from accounts.imports.plain import PlainReader
from accounts.imports.plan import ReadingPlan
from accounts.imports.record import Record
from accounts.imports.resolve_sql import KNOWN_ACCOUNTS
from accounts.imports.rows import Block
from accounts.imports.staging import copy_lines, copy_text
from common.clock import now

ATTEMPTS = 6
OUTCOMES = ("created", "updated", "unchanged")
Problem = tuple[int, list[str]]


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
    block: Block
    duplicates: dict[int, int] = field(default_factory=dict)
    repeats: frozenset[int] = frozenset()


@dataclass
class ChunkResult:
    number: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, rows: Iterable[tuple[int, str]]) -> None:
        """Rows that were understood but cannot come in: (line, why), a key of `_REFUSALS`."""
        self.problems = sorted([*self.problems, *((line, [_REFUSALS[why]()]) for line, why in rows)])

    @property
    def bad(self) -> int:
        return len(self.problems)


class ChunkImporter:
    """Brings chunks of one job in. Made once per process and connection."""

    def __init__(self, facts: JobFacts) -> None:
        self.facts, self.reader = facts, PlainReader(RowParser(facts.plan))

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
        raise AssertionError("unreachable")

    def _understood(self, chunk: Chunk) -> tuple[list[Record], list[Problem]]:
        records, problems, rows = [], [], chunk.block.rows()
        for row, understood in zip(rows, self.reader.read(rows), strict=True):
            earlier = chunk.duplicates.get(row.line)
            if isinstance(understood, list):
                problems.append((row.line, understood))
            elif earlier:
                problems.append((row.line, [_("The account reference is already on line %d. Keep one row.") % earlier]))
            else:
                records.append(understood)
        return records, problems

    def _attempt(self, chunk: Chunk, records: list[Record], problems: list[Problem]) -> ChunkResult:
        result = ChunkResult(chunk.number, problems=problems)
        with transaction.atomic(), connection.cursor() as cursor:
            values = self._values(chunk)
            if not self.facts.dry and not _claimed(cursor, values):
                return ChunkResult(chunk.number)
            if records:
                self._bring_in(cursor, records, result=result, chunk=chunk, values=values)
            if self.facts.dry:
                transaction.set_rollback(True)
                return result
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

    def _bring_in(
        self, cursor: Any, records: list[Record], *, result: ChunkResult, chunk: Chunk, values: dict[str, Any]
    ) -> None:
        """Fresh rows first: a person they bring may have other rows that are compared."""
        accounts = known_accounts(cursor, self.facts.creditor_id, records)
        known = known_people(cursor, self.facts.creditor_id, records)
        fresh, others = _parted(records, accounts, known)
        people = PeopleWriter(known, repeats=chunk.repeats, moment=values["now"], dry=self.facts.dry)
        rows = FreshRows(values=values)
        owing = [record for record in fresh if record.balance]
        result.refuse((record.line, "nothing_owed") for record in fresh if not record.balance)
        result.created = len(owing)
        if owing and not self.facts.dry:
            made = rows.write(cursor, owing)
            people.remember(owing if others else [], made)
        compared = ComparedRows(people, values=values)
        if others:
            compared.stage(cursor, others, known=accounts)
            _count(cursor, result, compared)
        if self.facts.dry or not (result.created or result.updated):
            return
        if others:
            compared.apply(cursor)
        context = ChunkContext(self.facts.job_id, chunk.number, self.facts.creditor_id, rows.placed, bool(others))
        run_hooks(cursor, context)


def _parted(
    records: list[Record], accounts: Mapping[str, int], people: Mapping[str, Person]
) -> tuple[list[Record], list[Record]]:
    """Rows of accounts and people nobody knew, by person, so that writers meet in one order; and the other rows."""
    fresh: list[Record] = []
    others: list[Record] = []
    for record in records:
        strange = record.account_reference not in accounts and record.customer_reference not in people
        (fresh if strange else others).append(record)
    fresh.sort(key=attrgetter("customer_reference"))
    return fresh, others


def _count(cursor: Any, result: ChunkResult, compared: ComparedRows) -> None:
    counts = compared.counts(cursor)
    result.created += counts.pop("created", 0)
    result.updated = counts.pop("updated", 0)
    result.unchanged = counts.pop("unchanged", 0)
    if counts:
        result.refuse(compared.forget_refused(cursor))


def known_accounts(cursor: Any, creditor_id: int, records: list[Record]) -> dict[str, int]:
    """Account reference -> id of those the creditor placed before."""
    cursor.execute(KNOWN_ACCOUNTS, [creditor_id, [record.account_reference for record in records]])
    return dict(cursor.fetchall())


def _claimed(cursor: Any, values: dict[str, Any]) -> bool:
    cursor.execute(apply_sql.CLAIM_CHUNK, values)
    return bool(cursor.rowcount)


def _close(cursor: Any, result: ChunkResult, values: dict[str, Any]) -> None:
    counts = {name: getattr(result, name) for name in (*OUTCOMES, "bad")}
    cursor.execute(apply_sql.CLOSE_CHUNK, values | counts)
    _keep_problems(cursor, result.problems, job_id=values["job"])


def _keep_problems(cursor: Any, problems: Iterable[Problem], *, job_id: UUID) -> None:
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
