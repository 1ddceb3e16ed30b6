"""The two passes over a file: count and find repeats, then bring the chunks in (or only see what would happen)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils.translation import gettext as _

from accounts.imports.chunk import JobFacts
from accounts.imports.collector import collector_spared
from accounts.imports.lines import LineIndex
from accounts.imports.plan import ReadingPlan
from accounts.imports.pool import Alone, Team
from accounts.imports.progress import Progress
from accounts.imports.source import chunks_of, data_blocks
from accounts.imports.vault import stored_bytes
from accounts.models import ImportJob
from common.errors import Conflict

# Below this, starting processes costs more than they save.
BYTES_WORTH_PROCESSES = 2_000_000


@contextmanager
def sole_runner(job: ImportJob) -> Iterator[None]:
    """Only one process works on a job; a killed one lets go by itself, because its session ends."""
    key = zlib.crc32(f"import {job.pk}".encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        if not cursor.fetchone()[0]:
            raise Conflict(_("This import is being worked on already."), job=str(job.pk))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def work_through(job: ImportJob, *, dry: bool = False, workers: int | None = None) -> Progress:
    """Every chunk that is not in yet, until all are. `workers=0` keeps the work in this process."""
    plan = ReadingPlan.from_json(job.options["plan"])
    facts = JobFacts(job.pk, job.creditor_id, job.portfolio_id, job.started_by_id, plan, dry=dry)
    progress = Progress(job)
    done: frozenset[int] = frozenset()
    if not dry:
        progress.resume()
        done = frozenset(job.chunks.values_list("number", flat=True))
    beside = workers != 0 and stored_bytes(job.stored_path) >= BYTES_WORTH_PROCESSES and not connection.in_atomic_block
    with (
        collector_spared(),
        Team(facts) if beside else Alone(facts) as bring_in,
        LineIndex(data_blocks(job), plan) as index,
    ):
        ImportJob.objects.filter(pk=job.pk).update(rows_total=index.rows, **progress.columns())
        job.rows_total = index.rows
        for result in bring_in(chunks_of(job, index, done=done)):
            progress.add(result)
    progress.write()
    return progress
