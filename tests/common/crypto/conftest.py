import pgtrigger
import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import connection
from django.test import override_settings

from common.crypto.keys import reload_keys
from common.crypto.secrets import ensure_secrets


@pytest.fixture(scope="package")
def _tables(django_db_setup, django_db_blocker):
    installed = [*django_settings.INSTALLED_APPS, "tests.common.crypto.testapp.apps.CryptoTestConfig"]
    with override_settings(INSTALLED_APPS=installed), django_db_blocker.unblock():
        models = list(apps.get_app_config("crypto_testapp").get_models())
        with connection.schema_editor() as editor:
            for model in models:
                editor.create_model(model)
        pgtrigger.install("crypto_testapp.Person:changed_update", "crypto_testapp.Person:deleted_delete")
        yield
        with connection.schema_editor() as editor:
            for model in models:
                editor.delete_model(model)


@pytest.fixture(autouse=True)
def secrets_dir(tmp_path, settings):
    """Every test has its own key files."""
    settings.SECRETS_DIR = tmp_path / "secrets"
    ensure_secrets(settings.SECRETS_DIR)
    reload_keys()
    return settings.SECRETS_DIR


@pytest.fixture
def person_model(_tables, db):
    from tests.common.crypto.testapp.models import Person

    return Person
