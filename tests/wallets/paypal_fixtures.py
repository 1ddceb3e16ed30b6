import pytest

from tests.wallets.paypal_harness import PayPalHarness
from tests.wallets.receiver import webhook_receiver
from wallets.sandbox.testing import running_sandbox


@pytest.fixture(scope="module")
def paypal_sandbox(wallet_secrets):
    with running_sandbox(wallet_secrets, only=("paypal",)) as running:
        yield running


@pytest.fixture
def paypal(paypal_sandbox):
    paypal_sandbox.control.post("reset")
    with webhook_receiver() as receiver:
        yield PayPalHarness(paypal_sandbox, receiver)
