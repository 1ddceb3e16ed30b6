from __future__ import annotations

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from accounts.api_keys import create_api_key
from accounts.models.api_keys import SCOPES


@pytest.fixture(autouse=True)
def fresh_rate_limits(settings):
    """Rate limits are counted in memory here, so that tests beside this one do not spend them."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


def client_of(creditor, *, scopes=SCOPES) -> APIClient:
    _row, key = create_api_key("test", creditor=creditor, scopes=list(scopes))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return client


@pytest.fixture
def harbour(account) -> APIClient:
    """The machine of the creditor who placed `account`."""
    return client_of(account.creditor)


@pytest.fixture
def stranger(db) -> APIClient:
    """Another creditor's machine: it must see nothing of Harbour's."""
    from tests import factories

    return client_of(factories.creditor(name="Other Lender"))
