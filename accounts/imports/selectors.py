"""Reading imports, through the door that says whose they are."""

from __future__ import annotations

from typing import IO
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.imports.inspection import preview
from accounts.imports.vault import open_stored
from accounts.models import Creditor, ImportJob, User
from accounts.models.creditors import HOUSE
from common.errors import Forbidden, NotFound

__all__ = ["access_import", "access_imports", "creditors_for", "open_error_file", "preview", "unfinished_imports"]
_ALL_CREDITORS = (User.Role.LEAD, User.Role.ADMIN)


def _may_import(user: User) -> bool:
    return user.is_active and (user.role in _ALL_CREDITORS or user.role == User.Role.CREDITOR)


def access_imports(user: User) -> QuerySet[ImportJob]:
    """The imports this person may see, newest first; Forbidden for everyone else."""
    if not _may_import(user):
        raise Forbidden(_("Placement files are for team leads, administrators and creditors."))
    jobs = ImportJob.objects.select_related("creditor", "portfolio", "started_by").order_by("-created_at", "-id")
    return jobs.filter(creditor=user.creditor) if user.role == User.Role.CREDITOR else jobs


def access_import(user: User, job_id: UUID | str) -> ImportJob:
    """One import. Another creditor's is Forbidden, an unknown one NotFound."""
    job = access_imports_of_anyone(user).filter(pk=job_id).first()
    if job is None:
        raise NotFound(_("There is no such import."))
    if user.role == User.Role.CREDITOR and job.creditor_id != user.creditor_id:
        raise Forbidden(_("This import belongs to another creditor."))
    return job


def access_imports_of_anyone(user: User) -> QuerySet[ImportJob]:
    access_imports(user)
    return ImportJob.objects.select_related("creditor", "portfolio", "started_by")


def creditors_for(user: User) -> QuerySet[Creditor]:
    """For whom this person may import."""
    creditors = Creditor.objects.exclude(code=HOUSE).order_by("name")
    if not _may_import(user):
        return creditors.none()
    return creditors.filter(users=user) if user.role == User.Role.CREDITOR else creditors


def unfinished_imports() -> QuerySet[ImportJob]:
    """Jobs somebody should be working on. Whether somebody is, the runner's lock knows."""
    return ImportJob.objects.filter(state__in=("checking", "queued", "running")).order_by("created_at")


def percent_done(job: ImportJob) -> int:
    return min(100, job.rows_done * 100 // job.rows_total) if job.rows_total else 0


def open_error_file(job: ImportJob) -> IO[bytes]:
    """The error file's plain bytes, for a download."""
    if not job.error_file:
        raise NotFound(_("No row was left out: there is no error file."))
    return open_stored(job.error_file)
