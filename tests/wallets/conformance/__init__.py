"""What every wallet provider must do, asked on the wire. A provider adds a harness; what it cannot do skips.

    class TestAcme(ProviderConformance):
        @pytest.fixture
        def harness(self, acme): return acme        # a `Harness`, normally a `SandboxHarness`

A skip needs a lacking capability or an entry in the harness's `lacks`; the list of skips of each provider is committed
in `skips/` and compared on every run. `WRITE_SKIPS=1 pytest tests/wallets/test_acme_conformance.py` writes it anew.
"""

from tests.wallets.conformance.agreeing import AgreeingTests
from tests.wallets.conformance.amounts import AmountTests
from tests.wallets.conformance.charges import ChargeTests
from tests.wallets.conformance.closing import ClosingTests
from tests.wallets.conformance.contract import ContractTests
from tests.wallets.conformance.deposits import DepositTests
from tests.wallets.conformance.failures import FailureTests
from tests.wallets.conformance.harness import Harness
from tests.wallets.conformance.hostile import HostileWebhookTests
from tests.wallets.conformance.mandates import MandateTests
from tests.wallets.conformance.one_off import OneOffTests
from tests.wallets.conformance.refunds import RefundTests
from tests.wallets.conformance.reversals import ReversalTests
from tests.wallets.conformance.sandbox_harness import SandboxHarness
from tests.wallets.conformance.saved import SavedTests
from tests.wallets.conformance.scheduled import ScheduledTests
from tests.wallets.conformance.statements import StatementTests
from tests.wallets.conformance.webhooks import WebhookTests

__all__ = ["Harness", "ProviderConformance", "SandboxHarness"]


class ProviderConformance(
    ContractTests,
    AmountTests,
    OneOffTests,
    ClosingTests,
    MandateTests,
    AgreeingTests,
    ChargeTests,
    FailureTests,
    SavedTests,
    ScheduledTests,
    RefundTests,
    ReversalTests,
    WebhookTests,
    HostileWebhookTests,
    StatementTests,
    DepositTests,
):
    """All of it."""
