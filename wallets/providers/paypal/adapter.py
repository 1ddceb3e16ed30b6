"""The PayPal adapter: our contract on one side, PayPal's REST API on the other."""

from collections.abc import Sequence
from datetime import date, timedelta

from common.http import Operation
from wallets.providers.amounts import check_amount
from wallets.providers.base import (
    Capability,
    DeclineInfo,
    Descriptor,
    Event,
    HttpIn,
    HttpOut,
    IdempotencyKind,
    PaymentRequest,
    PaymentResult,
    RetryRules,
    StatementLine,
    UnsupportedByDefault,
)
from wallets.providers.paypal import amounts, codes, requests
from wallets.providers.paypal.gateway import Gateway
from wallets.providers.paypal.orders import OrderOperations
from wallets.providers.paypal.refunds import RefundOperations
from wallets.providers.paypal.search import Search
from wallets.providers.paypal.vault import VaultOperations
from wallets.providers.paypal.webhooks import Webhooks

# A saved PayPal wallet may pay by card, and the card networks count every declined try: Visa allows 15 in 30 days.
CARD_RULES = RetryRules(network_cap=15, per_card=4)
CAPABILITIES = frozenset(
    {
        Capability.ONE_OFF,
        Capability.REDIRECT,
        Capability.MANDATE,
        Capability.MANDATE_WITH_PAYMENT,
        Capability.MERCHANT_CHARGE,
        Capability.PAY_WITH_SAVED,
        Capability.VARIABLE_AMOUNT,
        Capability.REVOKE_BY_MERCHANT,
        Capability.REFUND,
        Capability.PARTIAL_REFUND,
        Capability.CLOSE,
        Capability.STATEMENT,
        Capability.WEBHOOK_SIGNED,
        Capability.REVERSIBLE_AFTER_SUCCESS,
    }
)

# An eCheck clears within six business days, and holidays come on top.
LONGEST_CLEARING = timedelta(days=12)


def describe(currencies: frozenset[str] | None) -> Descriptor:
    return Descriptor(
        key="paypal",
        display_name="PayPal",
        capabilities=CAPABILITIES,
        currencies=currencies or amounts.CURRENCIES,
        reference_alphabet=requests.REFERENCE_ALPHABET,
        reference_max_length=requests.REFERENCE_LENGTH,
        idempotency=IdempotencyKind.REQUEST_KEY,
        idempotency_lifetime=timedelta(hours=6),
        amount_steps=amounts.STEPS,
        min_amounts=amounts.STEPS,
        unknown_after=LONGEST_CLEARING,
        retries=CARD_RULES,
    )


class PayPal(OrderOperations, RefundOperations, VaultOperations, UnsupportedByDefault):
    def __init__(
        self,
        gateway: Gateway,
        *,
        webhooks: Webhooks,
        merchant_id: str,
        currencies: frozenset[str] | None = None,
        takes_money: bool = True,
    ) -> None:
        self.descriptor = describe(currencies)
        self._gateway = gateway
        self._search = Search(gateway)
        self._webhooks = webhooks
        self._merchant_id = merchant_id
        self._takes_money = takes_money

    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]:
        if not request.saved_ref:
            return super().create_payment(request)
        check_amount(request.amount, self.descriptor)
        return self._debit(requests.saved_payment(request), request.merchant_ref, request.amount)

    def merchant_ref(self, attempt_id: str) -> str:
        return requests.reference(attempt_id)

    def prepare_webhook(self, call: HttpIn) -> Operation[None] | None:
        return self._webhooks.prepare(call)

    def parse_webhook(self, call: HttpIn) -> Sequence[Event]:
        return self._webhooks.events(call)

    def webhook_reply(self, ok: bool) -> HttpOut:
        return HttpOut(status=200 if ok else 503, body=b"")

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        return self._search.statement(day)

    def classify(self, code: str, message: str = "") -> DeclineInfo:
        return codes.classify(code, message)
