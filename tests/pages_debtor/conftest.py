"""A debtor with a link, and the simulated wallet they pay with."""

from __future__ import annotations

import copy

import pytest
from django.conf import settings as django_settings
from django.test import Client

from payments.services import create_link
from tests import factories
from tests.pages_debtor.helpers import Debtor
from wallets.models import Provider
from wallets.sandbox.testing import running_sandbox


@pytest.fixture(scope="session")
def running_wallet(secrets_folder):
    with running_sandbox(django_settings.SECRETS_DIR) as running:
        yield running


@pytest.fixture
def wallet(running_wallet, settings, db):
    """The simulated Alipay, empty. Its notices go nowhere: the pages ask for themselves."""
    running_wallet.control.post("reset")
    settings.SANDBOX = True
    settings.WALLET_SANDBOX_URL = running_wallet.base_url
    settings.PUBLIC_URL = "http://testserver"
    Provider.objects.create(key="alipay", name="Alipay", status="vetted", currencies=["CNY"], position=1)
    return running_wallet.control


@pytest.fixture
def account(db):
    person = factories.debtor(birth_year="1985", name="Wang Fang")
    return factories.account(person=person, placement=factories.portfolio(person.creditor))


@pytest.fixture
def debtor(account):
    """Wang Fang with her link, on a browser of her own."""
    link, url = create_link(account)
    return Debtor(account, link, url.rstrip("/").rpartition("/")[2], Client())


@pytest.fixture
def site(live_server, wallet, settings):
    """The platform on a port of its own, known to itself by that address, its forms allowed to end at the wallet."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.PUBLIC_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    settings.CELERY_TASK_ALWAYS_EAGER = True
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    for directive in ("form-action", "script-src"):
        policy["DIRECTIVES"][directive] = ["'self'", settings.WALLET_SANDBOX_URL]
    settings.CONTENT_SECURITY_POLICY = policy
    return live_server.url
