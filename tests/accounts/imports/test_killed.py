"""Processes really killed: what was in stays in, what was not is done by the next run, nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import connection

from accounts.imports import services
from accounts.models import Account, ContactPoint, Event, ImportChunk, ImportJob
from common.errors import Conflict
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.models import Posting
from tests.accounts.imports.conftest import row, table

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
ROWS = 3_000
RUN = """
import os, sys
import django
django.setup()
from django.conf import settings
from pathlib import Path
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.DATA_DIR, settings.SECRETS_DIR = Path(sys.argv[2]), Path(sys.argv[2]) / "secrets"
from accounts.imports.services import run_import
run_import(sys.argv[3], workers=0)
"""


def queued(bank, monkeypatch, rows=ROWS) -> ImportJob:
    import io

    monkeypatch.setattr(services, "CHUNK_ROWS", 150)
    content = table(*(row(number) for number in range(rows)))
    job = services.open_import(creditor=bank, file=io.BytesIO(content), file_name="p.csv")
    services.check_import(job, dry_run=False)
    return services.start_import(job, enqueue=False)


def runner(job) -> subprocess.Popen:
    arguments = [connection.settings_dict["NAME"], str(settings.DATA_DIR), str(job.pk)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "collections_platform.settings"}
    return subprocess.Popen([sys.executable, "-c", RUN, *arguments], cwd=settings.BASE_DIR, env=environment)


def wait_until(true, seconds=120):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_import_killed_in_the_middle_goes_on_and_doubles_nothing(bank, monkeypatch):
    job = queued(bank, monkeypatch)
    for chunks in (2, 7):
        process = runner(job)
        wait_until(lambda chunks=chunks: ImportChunk.objects.count() >= chunks)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert 0 < Account.objects.count() < ROWS
    wait_until(lambda: not _busy())
    done = services.run_import(job.pk, workers=0)
    assert (done.state, done.rows_created, done.rows_bad) == ("finished", ROWS, 0)
    assert Account.objects.count() == ContactPoint.objects.count() == ROWS
    assert Event.objects.filter(kind="account.placed").count() == ROWS
    assert Posting.objects.filter(account__isnull=False).count() == ROWS
    assert drifted_accounts() == [] and unbalanced_entries() == []


def _busy() -> bool:
    """Whether a killed process's session is still being ended by the server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()")
        return bool(cursor.fetchone()[0])


def test_a_second_runner_is_refused_while_the_first_works(bank, monkeypatch):
    job = queued(bank, monkeypatch)
    process = runner(job)
    try:
        wait_until(lambda: ImportChunk.objects.exists())
        with pytest.raises(Conflict):
            services.run_import(job.pk, workers=0)
    finally:
        process.wait()
    assert Account.objects.count() == ROWS


def test_worker_processes_bring_in_the_same_as_one(bank, monkeypatch):
    monkeypatch.setattr("accounts.imports.runner.BYTES_WORTH_PROCESSES", 100)
    job = queued(bank, monkeypatch, rows=1_000)
    done = services.run_import(job.pk)
    assert (done.state, done.rows_created) == ("finished", 1_000)
    assert Account.objects.count() == 1_000
    assert drifted_accounts() == [] and unbalanced_entries() == []


def test_two_files_with_the_same_people_at_once_end_as_one(bank, monkeypatch):
    jobs = [queued(bank, monkeypatch, rows=600) for _ in range(2)]
    processes = [runner(job) for job in jobs]
    assert [process.wait() for process in processes] == [0, 0]
    done = ImportJob.objects.filter(pk__in=[job.pk for job in jobs])
    assert sum(job.rows_created for job in done) == Account.objects.count() == 600
    assert sum(job.rows_unchanged for job in done) == 600
    assert drifted_accounts() == []
