"""The Stripe adapter: our contract on one side, Stripe's official SDK on the other."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from common.http import NotSent, Operation, OutcomeUnknown
from wallets.providers.base import (
    Capability,
    DeclineInfo,
    Descriptor,
    Event,
    HttpIn,
    HttpOut,
    IdempotencyKind,
    RetryRules,
    StatementLine,
    UnsupportedByDefault,
)
from wallets.providers.stripe import amounts, codes, lookup, reading, requests, statement, webhook
from wallets.providers.stripe.client import Client, Refused
from wallets.providers.stripe.refunds import RefundOperations
from wallets.providers.stripe.saved import SavedOperations

# Visa lets a declined card be tried 15 times in 30 days, the others more often. We stay far below that.
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
CURRENCIES = frozenset({"AUD", "CAD", "CHF", "CNY", "EUR", "GBP", "HKD", "JPY", "NZD", "SGD", "TWD", "USD"})
# Stripe keeps a request's key for at least this long.
KEYS_KEPT = timedelta(hours=24)
MARKS_KEPT = 1000
# A bank debit is accepted long before it is paid.
LONGEST_PENDING = timedelta(days=14)


def describe(currencies: frozenset[str] | None) -> Descriptor:
    return Descriptor(
        key="stripe",
        display_name="Stripe",
        capabilities=CAPABILITIES,
        currencies=currencies or CURRENCIES,
        reference_alphabet=requests.REFERENCE_ALPHABET,
        reference_max_length=requests.REFERENCE_LENGTH,
        idempotency=IdempotencyKind.REQUEST_KEY,
        idempotency_lifetime=KEYS_KEPT,
        max_amount=amounts.MOST_DIGITS,
        amount_steps=amounts.STEPS,
        min_amounts=amounts.MINIMUMS,
        max_amounts=amounts.MAXIMUMS,
        unknown_after=LONGEST_PENDING,
        retries=CARD_RULES,
    )


class Stripe(SavedOperations, RefundOperations, UnsupportedByDefault):
    def __init__(
        self,
        client: Client,
        *,
        addressee: webhook.Addressee,
        methods: tuple[str, ...],
        currencies: frozenset[str] | None,
        now: Callable[[], datetime],
    ) -> None:
        self.descriptor = describe(currencies)
        self._client = client
        self._addressee = addressee
        self._methods = methods
        self._now = now
        self._marks: dict[str, str] = {}

    def merchant_ref(self, attempt_id: str) -> str:
        return requests.reference(attempt_id)

    def prepare_webhook(self, call: HttpIn) -> Operation[None] | None:
        """A dispute names Stripe's payment only: learn which of ours it is."""
        name = webhook.unnamed_payment(call, self._addressee, self._now())
        return self._learn_mark(name) if name and name not in self._marks else None

    def _learn_mark(self, name: str) -> Operation[None]:
        try:
            intent = yield from lookup.one(self._client, lambda api: api.payment_intents.retrieve_async(name))
        except Refused as refused:
            code = codes.refusal(refused).code
            raise OutcomeUnknown("Stripe did not tell what a notice is about.", provider_code=code) from None
        if len(self._marks) >= MARKS_KEPT:
            self._marks.clear()
        self._marks[name] = reading.mark(intent or {})

    def parse_webhook(self, call: HttpIn) -> Sequence[Event]:
        return webhook.events(call, self._addressee, self._now(), self._marks)

    def webhook_reply(self, ok: bool) -> HttpOut:
        """Any 2xx ends the deliveries; anything else asks for another one."""
        return HttpOut(status=200 if ok else 500, body=b"received" if ok else b"again")

    def statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        """The balance transactions of a UTC day; raises `NotSent` before the day is over."""
        if self._now() < statement.begins(day) + timedelta(days=1) + statement.READY_AFTER:
            raise NotSent("Stripe's books of that day are not complete. Ask after 01:00 UTC the next day.")
        return self._statement(day)

    def _statement(self, day: date) -> Operation[Sequence[StatementLine]]:
        try:
            return (yield from statement.lines(self._client, day))
        except Refused as refused:
            code = codes.refusal(refused).code
            raise OutcomeUnknown("Stripe did not give its books.", provider_code=code) from None

    def classify(self, code: str, message: str = "") -> DeclineInfo:
        return codes.classify(code, message)
