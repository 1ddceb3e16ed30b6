"""A wallet of somebody else, added by one file and this class."""

import pytest

from tests.wallets.conformance import ProviderConformance
from tests.wallets.receiver import webhook_receiver
from tests.wallets.toy_harness import ToyHarness, toy_installed
from wallets.sandbox.testing import running_sandbox


@pytest.fixture(scope="module")
def toy_sandbox(wallet_secrets):
    with toy_installed(), running_sandbox(wallet_secrets, only=("toy",)) as running:
        yield running


class TestToyWallet(ProviderConformance):
    @pytest.fixture
    def harness(self, toy_sandbox):
        toy_sandbox.control.post("reset")
        with webhook_receiver() as receiver:
            yield ToyHarness(toy_sandbox, receiver)
