"""A running sandbox with the two chains only; each test starts from empty ones."""

from importlib.util import find_spec

import pytest

from tests.wallets.receiver import webhook_receiver
from tests.wallets.usdt_harness import EthereumHarness, TronHarness
from wallets.sandbox.testing import running_sandbox


def skip_without_ethereum() -> None:
    """Without importing it here, where nobody undoes what the import does to the process."""
    if find_spec("eth_tester") is None:
        pytest.skip("the extra `sandbox` is not installed: no simulated Ethereum")


@pytest.fixture(scope="module")
def chain_sandbox(wallet_secrets):
    skip_without_ethereum()
    with running_sandbox(wallet_secrets, only=("chain",)) as running:
        yield running


@pytest.fixture
def usdt(chain_sandbox):
    """Makes a harness of the given kind."""
    chain_sandbox.control.post("reset")
    with webhook_receiver() as receiver:
        yield lambda kind: kind(chain_sandbox, receiver)


@pytest.fixture
def ethereum(usdt):
    return usdt(EthereumHarness)


@pytest.fixture
def tron(usdt):
    return usdt(TronHarness)


@pytest.fixture(params=[EthereumHarness, TronHarness], ids=["ethereum", "tron"])
def chain(request, usdt):
    """Either chain: what is true of both."""
    return usdt(request.param)
