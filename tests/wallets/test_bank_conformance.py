import pytest

from tests.wallets.bank_harness import BankHarness
from tests.wallets.conformance import ProviderConformance
from tests.wallets.receiver import webhook_receiver
from wallets.sandbox.testing import running_sandbox


@pytest.fixture(scope="module")
def bank_sandbox(wallet_secrets):
    with running_sandbox(wallet_secrets, only=("bank",)) as running:
        yield running


class TestBankGateway(ProviderConformance):
    @pytest.fixture
    def harness(self, bank_sandbox):
        bank_sandbox.control.post("reset")
        with webhook_receiver() as receiver:
            yield BankHarness(bank_sandbox, receiver)
