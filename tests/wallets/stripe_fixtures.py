"""Fixtures of the Stripe tests: one simulator per module, empty for each test."""

import pytest

from tests.wallets.receiver import webhook_receiver
from tests.wallets.stripe_harness import StripeHarness
from wallets.sandbox.testing import running_sandbox


@pytest.fixture(scope="module")
def stripe_sandbox(wallet_secrets):
    with running_sandbox(wallet_secrets, only=("stripe",)) as running:
        yield running


@pytest.fixture
def stripe(stripe_sandbox):
    stripe_sandbox.control.post("reset")
    with webhook_receiver() as receiver:
        yield StripeHarness(stripe_sandbox, receiver)
