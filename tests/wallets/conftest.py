import pytest

from tests.wallets.alipay_harness import AlipayHarness
from tests.wallets.receiver import webhook_receiver
from wallets.sandbox.testing import running_sandbox


@pytest.fixture(scope="session")
def wallet_secrets(tmp_path_factory):
    return tmp_path_factory.mktemp("secrets")


@pytest.fixture(scope="module")
def sandbox(wallet_secrets):
    """One simulator per module; each test starts from an empty one."""
    with running_sandbox(wallet_secrets, only=("alipay",)) as running:
        yield running


@pytest.fixture
def alipay(sandbox):
    sandbox.control.post("reset")
    with webhook_receiver() as receiver:
        yield AlipayHarness(sandbox, receiver)
