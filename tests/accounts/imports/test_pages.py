from __future__ import annotations

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Account, ImportJob
from accounts.tasks import check_import_task, run_import_task
from tests import factories
from tests.accounts.imports.conftest import HEADER, row, table

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.imports.urls")]


@pytest.fixture
def sign_in(client):
    """Signed in by someone who has set a second factor up."""

    def signed_in(user):
        TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        client.force_login(user)

    return signed_in


@pytest.fixture
def tasks_run_at_once(monkeypatch):
    """The broker is left out: what would be sent to a worker is done on commit, by the same task."""
    for task in (check_import_task, run_import_task):
        monkeypatch.setattr(task, "delay", task.run)


def upload(client, bank, content, **fields):
    file = SimpleUploadedFile("placement.csv", content, content_type="text/csv")
    return client.post(reverse("import_upload"), {"creditor": bank.pk, "file": file, **fields})


def columns_posted(job):
    chosen = {header: name for name, header in job.columns.items()}
    return {f"column-{index}": chosen.get(header, "") for index, header in enumerate(HEADER.split(","))}


def test_a_lead_takes_a_file_from_upload_to_error_file(
    client, sign_in, lead, bank, tasks_run_at_once, django_capture_on_commit_callbacks
):
    sign_in(lead)
    response = upload(client, bank, table(row(1), row(2, balance="x")))
    job = ImportJob.objects.get()
    assert response.url == reverse("import_map", args=[job.pk])
    page = client.get(response.url).content.decode()
    assert "Account No" in page and "p1@example.com" in page
    with django_capture_on_commit_callbacks(execute=True):
        checking = client.post(response.url, columns_posted(job))
    checked = client.get(checking.url).content.decode()
    assert "as they will be understood" in checked and "not an amount" in checked and Account.objects.count() == 0
    with django_capture_on_commit_callbacks(execute=True):
        started = client.post(reverse("import_start", args=[job.pk]))
    done = client.get(started.url).content.decode()
    assert "Some rows were left out" in done and Account.objects.count() == 1
    download = client.get(reverse("import_errors", args=[job.pk]))
    assert b"A-2" in b"".join(download.streaming_content)
    assert "attachment" in download["Content-Disposition"]
    assert "placement.csv" in client.get(reverse("import_list")).content.decode()


def test_progress_refreshes_itself_while_a_worker_is_busy(client, sign_in, lead, bank, opened):
    job = opened(table(row(1)))
    ImportJob.objects.filter(pk=job.pk).update(state="running", rows_total=10, rows_done=4)
    sign_in(lead)
    page = client.get(reverse("import_progress", args=[job.pk])).content.decode()
    part = client.get(reverse("import_progress", args=[job.pk]), headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 1s"' in page and "4 of 10" in page
    assert 'id="import-part"' in part and "<html" not in part


def test_a_file_that_is_no_table_is_refused_on_the_form(client, sign_in, lead, bank):
    sign_in(lead)
    response = upload(client, bank, b"%PDF-1.7 nothing")
    assert response.status_code == 200 and "This is a PDF" in response.content.decode()
    assert not ImportJob.objects.exists()


def test_only_leads_admins_and_the_creditor_itself_get_in(client, sign_in, agent, admin, bank, opened):
    job = opened(table(row(1)))
    other = factories.creditor(name="Other")
    people = {
        200: [admin, factories.user(role="creditor", creditor=bank)],
        403: [agent, factories.user(role="creditor", creditor=other), factories.user(role="compliance")],
    }
    for status, users in people.items():
        for user in users:
            sign_in(user)
            for name in ("import_map", "import_check", "import_progress"):
                assert client.get(reverse(name, args=[job.pk]), follow=True).status_code == status, (user, name)
    client.logout()
    assert client.get(reverse("import_list")).status_code == 302


def test_a_creditor_sees_only_its_own_files_and_can_import_for_itself_alone(client, sign_in, bank, opened):
    opened(table(row(1)), name="harbour.csv")
    other = factories.creditor(name="Other")
    sign_in(factories.user(role="creditor", creditor=other))
    assert "harbour.csv" not in client.get(reverse("import_list")).content.decode()
    assert upload(client, bank, table(row(1))).status_code == 200
    assert ImportJob.objects.count() == 1
