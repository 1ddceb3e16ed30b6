import pytest

from tests.wallets.conformance import ProviderConformance
from tests.wallets.wechat_fixtures import wechat, wechat_sandbox

__all__ = ["wechat", "wechat_sandbox"]


class TestWeChat(ProviderConformance):
    @pytest.fixture
    def harness(self, wechat):
        return wechat
