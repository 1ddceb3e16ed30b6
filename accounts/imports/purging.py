"""Uploads nobody came back for: a file of personal data is not kept for an import that does not happen."""

from __future__ import annotations

from datetime import timedelta

from accounts.imports.services import cancel_import
from accounts.imports.vault import delete, folder
from accounts.models import ImportJob
from common.clock import now, real_now
from common.errors import IllegalTransition

KEPT = timedelta(days=14)
NEVER_STARTED = ("uploaded", "checked")


def purge_abandoned_uploads() -> int:
    """How many files went. An import that failed keeps its record; checked again, it asks for the file again."""
    return _never_started() + _failed() + _without_a_job()


def _never_started() -> int:
    gone = 0
    for job in ImportJob.objects.filter(state__in=NEVER_STARTED, created_at__lt=now() - KEPT).iterator():
        try:
            cancel_import(job)
        except IllegalTransition:  # started at this very moment
            continue
        gone += 1
    return gone


def _failed() -> int:
    jobs = ImportJob.objects.filter(state="failed", created_at__lt=now() - KEPT).exclude(stored_path="")
    return sum(_forget_the_file(job) for job in jobs.iterator())


def _forget_the_file(job: ImportJob) -> int:
    """Only while it is still failed: somebody may be trying again."""
    name = job.stored_path
    if not ImportJob.objects.filter(pk=job.pk, state="failed").update(stored_path=""):
        return 0
    delete(name)
    return 1


def _without_a_job() -> int:
    """What a process left behind that was killed between the file and its record. Files age in real time."""
    before = (real_now() - KEPT).timestamp()
    old = {path.name for path in folder().iterdir() if path.is_file() and path.stat().st_mtime < before}
    for names in ImportJob.objects.values_list("stored_path", "error_file").iterator():
        old.difference_update(names)
    for name in old:
        delete(name)
    return len(old)
