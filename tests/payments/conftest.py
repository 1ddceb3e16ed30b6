"""The simulated wallet, the provider row that points at it, and what a payer does in it."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tests import factories
from tests.payments.helpers import Wallet
from tests.wallets.receiver import webhook_receiver
from wallets.models import Provider
from wallets.sandbox.testing import running_sandbox


@pytest.fixture(scope="session")
def running_wallet(secrets_folder):
    with running_sandbox(django_settings.SECRETS_DIR) as running:
        yield running


@pytest.fixture
def wallet(running_wallet, settings, db):
    """The simulated Alipay, empty; its notices are caught and handed to us only when a test says so."""
    running_wallet.control.post("reset")
    with webhook_receiver() as receiver:
        settings.SANDBOX = True
        settings.WALLET_SANDBOX_URL = running_wallet.base_url
        settings.PUBLIC_URL = receiver.url.removesuffix("/hook")
        phone = Wallet(running_wallet.control, receiver, Client())
        phone.start_the_day()
        yield phone


@pytest.fixture
def alipay(wallet):
    return Provider.objects.create(key="alipay", name="Alipay", status="vetted", currencies=["CNY"])


@pytest.fixture
def days_of_the_ladder(account):
    """A tenant whose own version of the house's pack leaves the days between two tries to the ladder; the shipped one
    wants three (`tests/payments/test_debits_by_law.py`)."""
    factories.reword("house", "HOUSE-DEBIT", without="min_gap")
