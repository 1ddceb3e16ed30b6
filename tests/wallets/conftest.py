import pytest

from tests.wallets.alipay_harness import AlipayHarness
from tests.wallets.receiver import webhook_receiver
from wallets.sandbox import notifier
from wallets.sandbox.testing import running_sandbox


@pytest.fixture(scope="session")
def wallet_secrets(tmp_path_factory):
    return tmp_path_factory.mktemp("secrets")


@pytest.fixture(scope="session", autouse=True)
def brisk_notifies():
    """What is delivered again comes after a fifth of a second instead of one: `QUIET_SECONDS` is longer than that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notifier, "SECONDS_BETWEEN", tuple(seconds / 5 for seconds in notifier.SECONDS_BETWEEN))
        yield


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
