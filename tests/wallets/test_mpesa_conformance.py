import pytest

from tests.wallets.conformance import ProviderConformance
from tests.wallets.mpesa_fixtures import mpesa, mpesa_sandbox, ratiba

__all__ = ["mpesa", "mpesa_sandbox", "ratiba"]


class TestMPesa(ProviderConformance):
    @pytest.fixture
    def harness(self, mpesa):
        return mpesa


class TestRatiba(ProviderConformance):
    @pytest.fixture
    def harness(self, ratiba):
        return ratiba
