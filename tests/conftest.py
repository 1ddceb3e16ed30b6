"""The fixed cast and the ground every test stands on."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import flush as flush_command
from django.db import transaction
from django.db.backends.postgresql.operations import DatabaseOperations

from tests import factories

# OpenSSL proves the primes of an RSA key whenever it reads one; the tests read the same few keys very often.
serialization.load_pem_private_key = cache(serialization.load_pem_private_key)
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The journeys take minutes each and mostly wait: begun first, they go on beside everything else."""
    items.sort(key=lambda item: "journeys" not in item.path.parts)


@pytest.fixture(scope="session", autouse=True)
def secrets_folder(tmp_path_factory: pytest.TempPathFactory):
    """Real keys, made for this run and thrown away after it."""
    folder = tmp_path_factory.mktemp("data")
    settings.DATA_DIR = folder
    settings.SECRETS_DIR = folder / "secrets"
    settings.MEDIA_ROOT = folder / "media"
    # WhiteNoise looks into it at the start of every client, and warns when it is missing.
    settings.STATIC_ROOT = folder / "static"
    settings.STATIC_ROOT.mkdir()
    call_command("ensure_secrets", verbosity=0)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


# TRUNCATE makes new files for every table and index, full or not, and takes far longer than most tests. Triggers of
# append-only tables are off for it; content types and permissions stay, so that nobody has to write them again.
EMPTY_WHAT_HOLDS_ROWS = """
    DO $$
    DECLARE
        place text;
        filled boolean;
    BEGIN
        PERFORM set_config('session_replication_role', 'replica', true);
        FOR place IN
            SELECT format('%I', relname) FROM pg_class
            WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
              AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
        LOOP
            EXECUTE 'SELECT EXISTS (SELECT FROM ' || place || ')' INTO filled;
            IF filled THEN
                EXECUTE 'DELETE FROM ' || place;
            END IF;
        END LOOP;
    END $$
"""


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """How the tables are emptied between transactional tests."""

    def flush(self, _sql_list):
        with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
            cursor.execute(EMPTY_WHAT_HOLDS_ROWS)

    DatabaseOperations.execute_sql_flush = flush
    flush_command.emit_post_migrate_signal = lambda *_, **__: None


@pytest.fixture(autouse=True)
def fresh_clock():
    """No test sees the sandbox clock another one moved."""
    from common import clock

    clock.forget()
    yield
    clock.forget()


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the shared reference data is not beside this checkout")
    return SHARED


@pytest.fixture
def creditor(db):
    return factories.creditor()


@pytest.fixture
def account(db):
    """Wang Fang's card account: 1,250.00 CNY owed to Harbour Bank, 40 days overdue, reachable by e-mail and phone."""
    return factories.account()


@pytest.fixture
def agent(db):
    return factories.user(role="agent", email="alice@agency.example", name="Alice Agent")


@pytest.fixture
def lead(db):
    return factories.user(role="lead", email="lena@agency.example", name="Lena Lead")


@pytest.fixture
def admin(db):
    return factories.user(role="admin", email="adam@agency.example", name="Adam Admin")
