"""A key that a stored file was sealed with is kept as long as the file is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command

from accounts.imports.file_keys import key_ids_of_files
from accounts.imports.vault import delete, open_stored
from common.crypto.keys import keyring, reload_keys
from common.crypto.rotation import retire, rotate
from tests.accounts.imports.conftest import row, table

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own_folder(settings, tmp_path):
    """A data directory whose files and keys are this test's alone."""
    settings.DATA_DIR, settings.SECRETS_DIR = tmp_path, tmp_path / "secrets"
    call_command("ensure_secrets", verbosity=0)
    reload_keys()
    yield tmp_path
    reload_keys()


def test_an_old_key_goes_only_with_the_last_file_that_needs_it(own_folder, opened):
    job = opened(table(row(1)))
    former = keyring().active_id
    assert key_ids_of_files() == {former}
    rotate(wait=0)
    _dropped, kept = retire(grace=timedelta(0))
    assert "import files" in kept[former]
    with open_stored(job.stored_path) as file:
        assert file.read().startswith(b"Account No")
    delete(job.stored_path)
    dropped, _kept = retire(grace=timedelta(0))
    assert former in dropped
