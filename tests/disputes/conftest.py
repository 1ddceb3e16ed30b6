from __future__ import annotations

import pytest
from django.test import Client

from payments.services import create_link
from tests import factories
from tests.pages.conftest import installed, plain_ground  # noqa: F401 - fixtures of the pages
from tests.pages_debtor.helpers import Debtor
from tests.reminders.conftest import always_open, outbox, ready  # noqa: F401 - the ground messages stand on


@pytest.fixture
def account(db):
    person = factories.debtor(birth_year="1985", name="Wang Fang")
    return factories.account(person=person, placement=factories.portfolio(person.creditor))


@pytest.fixture
def debtor(account, settings):
    """Wang Fang with her link, on a browser of her own."""
    settings.PUBLIC_URL = "http://testserver"
    link, url = create_link(account)
    return Debtor(account, link, url.rstrip("/").rpartition("/")[2], Client())


@pytest.fixture
def known(debtor):
    """She has answered the one question."""
    debtor.identify()
    return debtor
