"""The fixed cast and the ground every test stands on."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.core.management import call_command
from django.db.backends.postgresql.operations import DatabaseOperations

from tests import factories

# OpenSSL proves the primes of an RSA key whenever it reads one; the tests read the same few keys very often.
serialization.load_pem_private_key = cache(serialization.load_pem_private_key)
SHARED = Path(__file__).resolve().parents[2] / "shared"


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


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Let the flush between transactional tests empty the append-only tables, which TRUNCATE otherwise may not."""
    original = DatabaseOperations.execute_sql_flush

    def flush(self, sql_list):
        return original(self, ["SET session_replication_role = replica", *sql_list, "RESET session_replication_role"])

    DatabaseOperations.execute_sql_flush = flush


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
