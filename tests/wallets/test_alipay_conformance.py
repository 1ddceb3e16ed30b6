import pytest

from tests.wallets.conformance import ProviderConformance


class TestAlipay(ProviderConformance):
    @pytest.fixture
    def harness(self, alipay):
        return alipay
