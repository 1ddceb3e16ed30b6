import pytest


@pytest.fixture(autouse=True)
def static_files_from_source(settings):
    """Pages are drawn from the source folders; nothing has been collected."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
