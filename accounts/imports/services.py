"""The import's doors: open, map, check, start, run, cancel. Page, API and command all go through here."""

from __future__ import annotations

from pathlib import PurePath
from typing import IO, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.imports.error_file import write_error_file
from accounts.imports.errors import ImportRefused
from accounts.imports.inspection import inspect
from accounts.imports.layout import find_layout
from accounts.imports.mapping import Columns, Proposal, guess_columns, remember_mapping, remembered_mapping
from accounts.imports.progress import Progress
from accounts.imports.runner import sole_runner, work_through
from accounts.imports.source import CHUNK_ROWS, read_headers
from accounts.imports.vault import delete, open_stored, store
from accounts.models import Creditor, ImportJob, Portfolio, User
from accounts.models.imports import IMPORT_STATES
from common.clock import now, today
from common.errors import IllegalTransition, InvalidInput, PlatformError

# What a person may choose for a whole file.
OPTIONS = ("encoding", "date_format", "decimal", "currency", "country", "language", "as_of", "payments_included")
FAILURE_MAX = 300


def open_import(
    *,
    creditor: Creditor,
    file: IO[bytes],
    file_name: str,
    started_by: User | None = None,
    portfolio_name: str = "",
    options: dict[str, Any] | None = None,
) -> ImportJob:
    """Take a file in, encrypted, and propose how to read it. ImportRefused when it is no table at all."""
    chosen = {name: value for name, value in (options or {}).items() if name in OPTIONS and value}
    stored = store(file)
    try:
        with open_stored(stored.name) as plain:
            layout = find_layout(plain, encoding=chosen.get("encoding", ""))
        headers = read_headers(stored.name, layout)
    except PlatformError:
        delete(stored.name)
        raise
    remembered = remembered_mapping(creditor, headers)
    return ImportJob.objects.create(
        creditor=creditor,
        file_name=PurePath(file_name.replace("\\", "/")).name[:200] or "placement",
        file_sha256=stored.sha256,
        stored_path=stored.name,
        encoding=layout.encoding[:16],
        columns=remembered.columns if remembered else guess_columns(headers),
        options={
            "layout": layout.as_json(),
            "headers": headers,
            "chosen": (remembered.options.get("chosen", {}) if remembered else {}) | chosen,
            "remembered": remembered.options.get("remembered", {}) if remembered else {},
            "portfolio_name": (portfolio_name or PurePath(file_name).stem)[:120] or str(today()),
            "chunk_rows": CHUNK_ROWS,
        },
        started_by=started_by,
    )


def propose_mapping(job: ImportJob) -> Proposal:
    """The mapping a person sees first: the creditor's last one for these headers, else the guess."""
    headers = job.options["headers"]
    remembered = remembered_mapping(job.creditor, headers)
    columns = remembered.columns if remembered else guess_columns(headers)
    return Proposal(headers, columns, bool(remembered), options=job.options.get("chosen", {}))


def set_mapping(job: ImportJob, *, columns: Columns, options: dict[str, Any] | None = None) -> ImportJob:
    """Take a person's mapping and choices over; the file has to be checked (again) before it can start."""
    if job.state not in ("uploaded", "checked", "failed"):
        raise IllegalTransition(_("This import has started. Its columns cannot be changed any more."))
    job.columns = {name: header for name, header in columns.items() if header}
    chosen = {name: value for name, value in (options or {}).items() if name in OPTIONS}
    job.options["chosen"] = {name: value for name, value in (job.options.get("chosen", {}) | chosen).items() if value}
    job.options.pop("plan", None)
    if chosen.get("encoding") and chosen["encoding"] != job.encoding:
        _read_again(job, chosen["encoding"])
    job.save(update_fields=["columns", "options", "encoding"])
    return job


def _read_again(job: ImportJob, encoding: str) -> None:
    with open_stored(job.stored_path) as plain:
        layout = find_layout(plain, encoding=encoding)
    try:
        headers = read_headers(job.stored_path, layout)
    except ImportRefused as error:
        message = _("In this encoding the first row is not readable. Choose another one.")
        raise ImportRefused(message, field="encoding") from error
    job.options["layout"], job.encoding = layout.as_json(), layout.encoding[:16]
    job.options["headers"] = headers
    if not set(job.columns.values()) <= set(job.options["headers"]):
        job.columns = guess_columns(job.options["headers"])


def _move(job: ImportJob, after: str, **columns: Any) -> ImportJob:
    """Compare-and-set of the state; nobody else may have moved it meanwhile."""
    sources = IMPORT_STATES.sources(after)
    moved = ImportJob.objects.filter(pk=job.pk, state__in=sources).update(state=after, **columns)
    if not moved:
        job.refresh_from_db(fields=["state"])
        IMPORT_STATES.check(job.state, after)
        raise IllegalTransition(_("The import changed meanwhile. Load the page again."))
    job.refresh_from_db()
    return job


def check_import(job: ImportJob, *, dry_run: bool = True, workers: int | None = None) -> ImportJob:
    """Check the columns, then every row without writing anything. Ends `checked` or `failed`; `problems` says why."""
    with sole_runner(job):
        if job.state != "checking":
            _move(job, "checking", problems=[], failure="")
        try:
            return _checked(job, dry_run=dry_run, workers=workers)
        except PlatformError as error:
            return _move(job, "failed", failure=error.message[:FAILURE_MAX])


def _checked(job: ImportJob, *, dry_run: bool, workers: int | None) -> ImportJob:
    plan, problems = inspect(job)
    if plan is None:
        shown = [problem.as_json() for problem in problems]
        return _move(job, "failed", problems=shown, failure=problems[0].reason[:FAILURE_MAX])
    job.options["plan"] = plan.as_json()
    job.save(update_fields=["options"])
    if not dry_run:
        return _move(job, "checked")
    progress = work_through(job, dry=True, workers=workers)
    return _move(job, "checked", problems=progress.problems_json(), **progress.columns())


def request_check(job: ImportJob) -> ImportJob:
    """Have a worker check the file; the page watches the state."""
    from accounts.tasks import check_import_task

    _move(job, "checking", problems=[], failure="", rows_done=0)
    transaction.on_commit(lambda: check_import_task.delay(str(job.pk)))
    return job


def start_import(job: ImportJob, *, user: User | None = None, enqueue: bool = True) -> ImportJob:
    """Queue a checked import, and remember its mapping for the creditor's next file.

    With `enqueue=False` the caller runs it (the command does). A failed run that had begun goes on where it stopped.
    """
    from accounts.tasks import run_import_task

    if "plan" not in job.options:
        raise InvalidInput(_("Check the file first: some of its columns are not settled."), field="state")
    with transaction.atomic():
        name = job.options["portfolio_name"]
        portfolio, _created = Portfolio.objects.get_or_create(
            creditor=job.creditor, name=name, defaults={"placed_on": job.options["plan"]["as_of"]}
        )
        zero = {f"rows_{name}": 0 for name in ("done", "created", "updated", "unchanged", "bad")}
        _move(job, "queued", portfolio=portfolio, started_by=user or job.started_by, problems=[], failure="", **zero)
        remember_mapping(
            job.creditor, headers=job.options["headers"], columns=job.columns, options=_worth_remembering(job)
        )
        record_event("import.started", creditor=job.creditor, actor=user, source="import", job=str(job.pk))
        if enqueue:
            transaction.on_commit(lambda: run_import_task.delay(str(job.pk)))
    return job


def _worth_remembering(job: ImportJob) -> dict[str, Any]:
    plan = job.options["plan"]
    once = ("as_of", "payments_included", "encoding")
    chosen = {name: value for name, value in job.options.get("chosen", {}).items() if name not in once}
    return {
        "chosen": chosen,
        "remembered": {"remembered_decimal": plan["decimal"], "remembered_orders": plan["orders"]},
    }


def run_import(job_id: UUID | str, *, workers: int | None = None) -> ImportJob:
    """Do the work of a queued import, or go on with one whose process died. A second runner is refused (Conflict)."""
    job = ImportJob.objects.select_related("creditor").get(pk=job_id)
    with sole_runner(job):
        job.refresh_from_db()
        if job.state in IMPORT_STATES.final:
            return job
        if job.state != "running":
            _move(job, "running")
        try:
            progress = work_through(job, workers=workers)
        except ImportRefused as error:
            return _move(job, "failed", failure=error.message[:FAILURE_MAX])
        return _finish(job, progress)


def _finish(job: ImportJob, progress: Progress) -> ImportJob:
    """Close the job; its source is deleted at once, the rows left out stay in the error file."""
    error_file = write_error_file(job)
    shown = [
        {"line": line, "column": "", "reason": reason}
        for line, reasons in job.line_problems.order_by("line").values_list("line", "reasons")[:100]
        for reason in reasons.split("\n")
    ]
    with transaction.atomic():
        _move(job, "finished", error_file=error_file, problems=shown, finished_at=now(), **progress.columns())
        record_event(
            "import.finished",
            creditor=job.creditor,
            actor=job.started_by,
            source="import",
            job=str(job.pk),
            counts=progress.counts,
        )
    delete(job.stored_path)
    return job


def cancel_import(job: ImportJob) -> ImportJob:
    """Drop an import that has not begun; its file is deleted."""
    _move(job, "cancelled")
    delete(job.stored_path)
    return job
