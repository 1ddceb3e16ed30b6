"""The two chains' side of the conformance suite."""

from datetime import timedelta

from tests.wallets.conformance import SandboxHarness
from wallets.providers.base import DeclineCategory, PaymentResult
from wallets.providers.usdt.addresses import AddressBook, checksummed, tron_address

PAST_THE_DEADLINE = timedelta(minutes=6)


def problems(result: PaymentResult) -> list[str]:
    return [issue.problem for issue in result.issues]


class UsdtHarness(SandboxHarness):
    wallet = "chain"
    currency = "USD"
    network: str
    declines = {
        "underpaid": DeclineCategory.OPERATOR,
        "overpaid": DeclineCategory.OPERATOR,
        "paid_late": DeclineCategory.OPERATOR,
        "second_payment": DeclineCategory.OPERATOR,
        "wrong_token": DeclineCategory.OPERATOR,
        "blocked_sender": DeclineCategory.OPERATOR,
        "expired": DeclineCategory.RETRY_LATER,
        "-32000": DeclineCategory.UNKNOWN_OUTCOME,
        "-32005": DeclineCategory.UNKNOWN_OUTCOME,
        "-32602": DeclineCategory.OPERATOR,
        "-31999": DeclineCategory.UNKNOWN_OUTCOME,
    }
    lacks = {
        "user_declines": "nobody is asked: a payer who does not want to pay sends nothing",
        "link_expiry": "an address takes transfers for ever; what comes late is reported, which has its own tests",
        "refuses_a_second_payment": "a chain refuses nothing; the second payment is reported, which has its own tests",
        "look_up_by_reference": "the quote travels in the provider reference; without one no address was ever shown",
        "created_on_the_wire": "creating only asks for a rate and a block: without answers nothing was promised",
        "fault:bad_signature": "a node signs nothing",
        "fault:stale_timestamp": "a node's answers carry no time; an old exchange rate has its own test",
        "webhooks": "a chain calls nobody",
    }

    def address(self, merchant_ref: str) -> str:
        raw = AddressBook(self.config.secret("account_xpub"), self.network).derive(merchant_ref).raw
        return checksummed(raw) if self.network == "ethereum" else tron_address(raw)

    def debits(self, merchant_ref: str) -> int:
        return self.control.debits(to=self.address(merchant_ref))

    def units(self, payment: PaymentResult) -> int:
        return payment.action.amount.minor

    def send(self, payment: PaymentResult, units: int | None = None, **fields: object) -> dict:
        """The quoted amount, unless another; it is not final yet."""
        amount = self.units(payment) if units is None else units
        return self.control.user("send", network=self.network, to=payment.action.payload, units=str(amount), **fields)

    def user_pays(self, payment: PaymentResult) -> None:
        self.send(payment)
        self.confirm()

    def confirm(self) -> None:
        self.control.user("finalise")

    def deposits(self, payment: PaymentResult, kind: str) -> None:
        if kind == "late":
            self.move_clock(payment.action.expires_at + PAST_THE_DEADLINE)
        if kind == "second":
            self.send(payment)
        amounts = {"under": self.units(payment) // 2, "over": self.units(payment) + 1_000_000}
        self.send(payment, amounts.get(kind), token="other" if kind == "wrong_token" else "usdt")

    def opens(self, payment: PaymentResult) -> None:
        self.control.open(payment.action.url)


class EthereumHarness(UsdtHarness):
    key, network = "usdt_eth", "ethereum"
    gateway_options = ("node_url",)

    def reverse(self, merchant_ref: str) -> None:
        """Deeper than the chain calls final: it must not happen, and has to be noticed when it does."""
        self.control.user("reorganise", depth=8)
        self.confirm()


class TronHarness(UsdtHarness):
    key, network = "usdt_tron", "tron"
    gateway_options = ("grid_url",)

    def reverse(self, merchant_ref: str) -> None:
        self.control.user("take_back", depth=1)
