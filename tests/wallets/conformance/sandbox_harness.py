"""A harness over our own sandbox: clock, faults and counted debits come from its control API."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.wallets.conformance.harness import Harness
from tests.wallets.receiver import Receiver
from wallets.providers import registry
from wallets.providers.base import PaymentResult, ProviderConfig, WalletProvider
from wallets.sandbox.testing import RunningSandbox

NOBODY_LISTENS = "http://127.0.0.1:9"


class SandboxHarness(Harness):
    """`key` is the provider, `wallet` its simulator, `reference_field` the name of our reference in a debit."""

    key: str
    wallet = ""
    reference_field = "merchant_ref"
    gateway_options: tuple[str, ...] = ("gateway_url",)
    foreign_options: dict[str, str] = {}

    def __init__(self, sandbox: RunningSandbox, receiver: Receiver) -> None:
        self.sandbox, self.receiver = sandbox, receiver
        self.control = sandbox.control.of(self.wallet or self.key)
        self.offset = timedelta(0)
        merchant = sandbox.merchants[self.key]
        self.config = ProviderConfig(
            key=self.key,
            options=merchant.options,
            secrets=merchant.secrets,
            secrets_dir=sandbox.secrets_dir,
            currencies=merchant.currencies,
            now=self.now,
        )
        self.provider = registry.build(self.key, self.config)
        receiver.answer = self.provider.webhook_reply(True)

    def built(self, **options: str) -> WalletProvider:
        """The same provider with some options changed."""
        return registry.build(self.key, replace(self.config, options={**self.config.options, **options}))

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def move_clock(self, moment: datetime) -> None:
        self.offset = moment - datetime.now(UTC)
        self.control.post("clock", instant=moment.isoformat())

    def fault(self, kind: str, **fields: object) -> None:
        self.control.fault(kind, **fields)

    def debits(self, merchant_ref: str) -> int:
        return self.control.debits(**{self.reference_field: merchant_ref})

    def opens(self, payment: PaymentResult) -> None:
        self.control.open(payment.action.url or payment.action.payload)

    def unreachable(self) -> WalletProvider:
        return self.built(**dict.fromkeys(self.gateway_options, NOBODY_LISTENS))

    def foreign(self) -> WalletProvider:
        return self.built(**self.foreign_options) if self.foreign_options else super().foreign()
