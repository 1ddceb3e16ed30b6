"""Files of personal data are not kept for imports that do not happen."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from accounts.imports import services
from accounts.imports.purging import KEPT, purge_abandoned_uploads
from accounts.models import ImportJob
from accounts.tasks import BEAT
from common.clock import now, real_now
from common.errors import PlatformError
from tests.accounts.imports.conftest import row, table

pytestmark = pytest.mark.django_db


def aged(job: ImportJob, age: timedelta) -> ImportJob:
    ImportJob.objects.filter(pk=job.pk).update(created_at=now() - age)
    return job


def file_of(stored, job: ImportJob):
    return stored / job.stored_path


def test_an_upload_that_was_never_started_goes_after_its_days(opened, stored):
    job = aged(opened(table(row(1))), KEPT + timedelta(hours=1))
    path = file_of(stored, job)
    assert path.exists() and purge_abandoned_uploads() == 1
    job.refresh_from_db()
    assert job.state == "cancelled" and not path.exists()


def test_a_checked_file_nobody_started_goes_too(opened, stored):
    job = aged(services.check_import(opened(table(row(1))), dry_run=False), KEPT + timedelta(hours=1))
    assert purge_abandoned_uploads() == 1 and not file_of(stored, job).exists()


def test_a_younger_upload_stays(opened, stored):
    job = aged(opened(table(row(1))), KEPT - timedelta(hours=1))
    assert purge_abandoned_uploads() == 0 and file_of(stored, job).exists()


def test_a_running_import_keeps_its_file_however_long_it_takes(opened, stored):
    job = services.check_import(opened(table(row(1))), dry_run=False)
    services.start_import(job, enqueue=False)
    aged(job, KEPT * 3)
    assert purge_abandoned_uploads() == 0 and file_of(stored, job).exists()


def test_an_import_that_failed_keeps_its_record_and_asks_for_the_file_again(opened, stored):
    job = aged(services.check_import(opened(table(row(1, balance="1")).replace(b"Balance", b"Zzz"))), KEPT * 2)
    path = file_of(stored, job)
    assert job.state == "failed" and purge_abandoned_uploads() == 1 and not path.exists()
    job.refresh_from_db()
    job = services.check_import(services.set_mapping(job, columns=job.columns | {"balance": "Zzz"}))
    assert job.state == "failed" and "no longer kept" in job.failure


def test_rows_left_out_stay_for_their_creditor(imported, stored):
    job = aged(imported(table(row(1), row(2, balance="x"))), KEPT * 3)
    os.utime(stored / job.error_file, (0, 0))
    assert purge_abandoned_uploads() == 0 and (stored / job.error_file).exists()


def test_a_file_without_an_import_goes_once_it_is_old(bank, stored):
    stored.mkdir(exist_ok=True)
    purge_abandoned_uploads()
    old, young = stored / ("a" * 32), stored / ("b" * 32)
    for path in (old, young):
        path.write_bytes(b"x")
    then = (real_now() - KEPT * 2).timestamp()
    os.utime(old, (then, then))
    assert purge_abandoned_uploads() == 1
    assert young.exists() and not old.exists()


def test_it_runs_by_itself():
    assert BEAT["accounts-purge-uploads"]["task"] == "accounts.purge_uploads"


def test_starting_a_purged_upload_is_refused_in_words(opened):
    job = aged(services.check_import(opened(table(row(1))), dry_run=False), KEPT * 2)
    purge_abandoned_uploads()
    with pytest.raises(PlatformError):
        services.start_import(job, enqueue=False)
