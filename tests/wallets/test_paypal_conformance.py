import pytest

from tests.wallets.conformance import ProviderConformance
from tests.wallets.paypal_fixtures import paypal, paypal_sandbox

__all__ = ["paypal", "paypal_sandbox"]


class TestPayPal(ProviderConformance):
    @pytest.fixture
    def harness(self, paypal):
        return paypal
