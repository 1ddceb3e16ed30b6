import pytest

from tests.wallets.conformance import ProviderConformance
from tests.wallets.stripe_fixtures import stripe, stripe_sandbox

__all__ = ["stripe", "stripe_sandbox"]


class TestStripe(ProviderConformance):
    @pytest.fixture
    def harness(self, stripe):
        return stripe
