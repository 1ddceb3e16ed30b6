"""A creditor's machine sends a placement: opened, checked, started, and read back, all by the API."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.imports.services import check_import, run_import
from accounts.models import Account, ImportJob

FILE = """Account No,Customer No,Full Name,Email,Currency,Balance,Due Date
T-1,C-1,Wang Fang,fang@example.com,CNY,1250.00,2026-09-01
T-2,C-2,Li Wei,wei@example.com,CNY,not-a-number,2026-09-01
"""


@pytest.fixture
def no_worker(monkeypatch):
    """The worker's part is played by calling what its tasks call."""
    monkeypatch.setattr("accounts.imports.services.transaction.on_commit", lambda *_, **__: None)


def sent(client):
    file = SimpleUploadedFile("placement.csv", FILE.encode(), content_type="text/csv")
    return client.post("/api/v1/imports/", {"file": file, "portfolio": "May"}, format="multipart")


def test_a_file_is_sent_checked_started_and_its_bad_rows_read_back(harbour, account, no_worker):
    job = sent(harbour).json()
    assert job["state"] == "uploaded" and job["columns"]["account_reference"] == "Account No"
    assert harbour.post(f"/api/v1/imports/{job['id']}/check/").status_code == 202
    check_import(ImportJob.objects.get())
    checked = harbour.get(f"/api/v1/imports/{job['id']}/").json()
    assert (checked["state"], checked["rows_created"], checked["rows_bad"]) == ("checked", 1, 1)
    assert harbour.post(f"/api/v1/imports/{job['id']}/start/").status_code == 202
    run_import(ImportJob.objects.get().pk)
    assert harbour.get(f"/api/v1/imports/{job['id']}/").json()["state"] == "finished"
    assert Account.objects.get(creditor_reference="T-1").balance_minor == 125_000
    errors = b"".join(harbour.get(f"/api/v1/imports/{job['id']}/errors/")).decode("utf-8-sig")
    assert "T-2" in errors and "T-1" not in errors


def test_another_creditors_import_is_not_there(harbour, stranger, account):
    job = sent(harbour).json()
    assert stranger.get(f"/api/v1/imports/{job['id']}/").status_code == 404
    assert stranger.post(f"/api/v1/imports/{job['id']}/start/").status_code == 404


def test_columns_can_be_corrected(harbour, account):
    job = sent(harbour).json()
    columns = job["columns"] | {"name": "Customer No"}
    changed = harbour.put(f"/api/v1/imports/{job['id']}/mapping/", {"columns": columns})
    assert changed.status_code == 200 and changed.json()["columns"]["name"] == "Customer No"


def test_what_is_no_table_is_refused_with_words(harbour, account):
    file = SimpleUploadedFile("placement.xlsx", b"PK\x03\x04 no workbook")
    answer = harbour.post("/api/v1/imports/", {"file": file}, format="multipart")
    assert answer.status_code in (400, 422) and answer.json()["error"]["message"]
