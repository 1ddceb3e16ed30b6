"""The simulated WeChat Pay for tests; a test module imports what it uses."""

import pytest

from tests.wallets.receiver import webhook_receiver
from tests.wallets.wechat_harness import WeChatHarness
from wallets.sandbox.testing import running_sandbox


@pytest.fixture(scope="module")
def wechat_sandbox(wallet_secrets):
    with running_sandbox(wallet_secrets, only=("wechat",)) as running:
        yield running


@pytest.fixture
def wechat(wechat_sandbox):
    wechat_sandbox.control.post("reset")
    with webhook_receiver() as receiver:
        yield WeChatHarness(wechat_sandbox, receiver)
