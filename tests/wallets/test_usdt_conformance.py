import pytest

from tests.wallets.conformance import ProviderConformance
from tests.wallets.usdt_fixtures import chain_sandbox, ethereum, tron, usdt

__all__ = ["chain_sandbox", "ethereum", "tron", "usdt"]


class TestUsdtOnEthereum(ProviderConformance):
    @pytest.fixture
    def harness(self, ethereum):
        return ethereum


class TestUsdtOnTron(ProviderConformance):
    @pytest.fixture
    def harness(self, tron):
        return tron
