"""Thin doors to the accounts' background work."""

from __future__ import annotations

from celery import shared_task

from accounts.events import seal_events
from accounts.hardship.retention import forget_statements
from accounts.imports.purging import purge_abandoned_uploads
from accounts.imports.selectors import unfinished_imports
from accounts.imports.services import check_import, run_import
from accounts.models import ImportJob
from accounts.webhooks import deliver_due
from accounts.work_items import keep_up
from common.errors import Conflict
from common.heartbeat import beat

BEAT = {
    "accounts-seal-events": {"task": "accounts.seal_events", "schedule": 60.0},
    "accounts-deliver-webhooks": {"task": "accounts.deliver_webhooks", "schedule": 5.0},
    "accounts-resume-imports": {"task": "accounts.resume_imports", "schedule": 60.0},
    "accounts-purge-uploads": {"task": "accounts.purge_uploads", "schedule": 3600.0},
    "accounts-keep-work-list": {"task": "accounts.keep_work_list", "schedule": 5.0},
    "accounts-forget-hardship": {"task": "accounts.forget_hardship", "schedule": 3600.0},
}


@shared_task(name="accounts.deliver_webhooks")
def deliver_webhooks() -> None:
    while deliver_due():
        pass
    beat("deliver_webhooks")


@shared_task(name="accounts.seal_events")
def seal_events_task() -> None:
    while seal_events():
        pass
    beat("seal_events")


# A file may take longer than other work may; a second delivery of the message is refused by the runner's lock.
IMPORT_SECONDS_MAX = 6 * 3600


@shared_task(
    name="accounts.run_import",
    time_limit=IMPORT_SECONDS_MAX,
    soft_time_limit=IMPORT_SECONDS_MAX,
    throws=(Conflict,),
)
def run_import_task(job_id: str) -> None:
    run_import(job_id)


@shared_task(
    name="accounts.check_import", time_limit=IMPORT_SECONDS_MAX, soft_time_limit=IMPORT_SECONDS_MAX, throws=(Conflict,)
)
def check_import_task(job_id: str) -> None:
    check_import(ImportJob.objects.get(pk=job_id))


@shared_task(name="accounts.resume_imports")
def resume_imports() -> None:
    """Imports whose process died, or whose message was lost, go on."""
    for job in unfinished_imports():
        (check_import_task if job.state == "checking" else run_import_task).delay(str(job.pk))
    beat("resume_imports")


@shared_task(name="accounts.purge_uploads")
def purge_uploads() -> int:
    return purge_abandoned_uploads()


@shared_task(name="accounts.forget_hardship")
def forget_hardship() -> int:
    return forget_statements()


@shared_task(name="accounts.keep_work_list")
def keep_work_list() -> None:
    keep_up()
    beat("keep_work_list")
