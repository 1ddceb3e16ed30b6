"""M-Pesa's side of the conformance suite: phones instead of pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import httpx

from common.http import run
from tests.wallets.conformance import SandboxHarness
from tests.wallets.receiver import Receiver, webhook_receiver
from wallets.providers import registry
from wallets.providers.base import (
    DeclineCategory,
    Event,
    EventKind,
    MandateRequest,
    MandateResult,
    MandateSnapshot,
    MandateState,
    PaymentResult,
)
from wallets.providers.mpesa.wire import NAIROBI
from wallets.sandbox.testing import RunningSandbox

PHONE = "+254712345678"
UNSIGNED = "Daraja signs nothing"
RESULT_CODES = {
    "1": DeclineCategory.RETRY_LATER,
    "17": DeclineCategory.RETRY_LATER,
    "26": DeclineCategory.RETRY_LATER,
    "1001": DeclineCategory.RETRY_LATER,
    "1019": DeclineCategory.RETRY_LATER,
    "1025": DeclineCategory.RETRY_LATER,
    "1037": DeclineCategory.RETRY_LATER,
    "9999": DeclineCategory.RETRY_LATER,
    "1032": DeclineCategory.NEEDS_CUSTOMER_ACTION,
    "2001": DeclineCategory.NEEDS_CUSTOMER_ACTION,
    "404.001.03": DeclineCategory.OPERATOR,
    "400.002.02": DeclineCategory.OPERATOR,
    "500.001.1001": DeclineCategory.UNKNOWN_OUTCOME,
    "4999": DeclineCategory.UNKNOWN_OUTCOME,
}
# Which calls a fault without a method is meant for: those the suite could be about to make.
STRUCK = {
    "accept_only": ("reversal",),
    "timeout_after_commit": ("push", "reversal"),
    "decline": ("push",),
    "wrong_trade": ("query",),
}
EVERY_CALL = ("push", "query", "books")
NOTIFY_FAULTS = ("duplicate", "delay", "reorder", "forge", "tamper", "drop")


class MPesaHarness(SandboxHarness):
    key = "mpesa"
    currency = "KES"
    payer_hint = PHONE
    declines = RESULT_CODES
    gateway_options = ("base_url",)
    reference_field = "reference"
    statement_zone = NAIROBI
    statement_ready = timedelta(hours=24)
    lacks = {
        "fault:bad_signature": UNSIGNED,
        "fault:stale_timestamp": "answers carry no time",
        "link_expiry": "a prompt ends by itself within minutes, whatever the link says",
        "statement_refunds": "the books list what came in; a reversal is told by its result call",
        "fund_flow": "the books list only what was paid to the short code, whoever paid it and whatever for",
        "statement_history": "the books reach back 48 hours; an older day is refused, not empty",
    }

    def __init__(self, sandbox: RunningSandbox, receiver: Receiver) -> None:
        super().__init__(sandbox, receiver)
        if self.key == "mpesa":
            options = {**self.config.options, "callback_url": receiver.url}
            self.config = replace(self.config, options=options)
            self.provider = registry.build(self.key, self.config)

    def fault(self, kind: str, **fields: object) -> None:
        meant = ("",) if kind in NOTIFY_FAULTS else STRUCK.get(kind, EVERY_CALL)
        for method in [fields.pop("method")] if "method" in fields else meant:
            self.control.fault(kind, method=method, **fields)

    def does(self, action: str, **fields: object) -> None:
        """What the person with the phone does; a wallet that refuses is no error."""
        try:
            self.control.user(action, **fields)
        except httpx.HTTPStatusError as error:
            assert error.response.status_code == 409

    def opens(self, payment: PaymentResult) -> None:
        self.control.open(f"{self.sandbox.base_url}/mpesa/phone/{PHONE[1:]}/")

    def user_pays(self, payment: PaymentResult) -> None:
        self.does("pay", reference=payment.merchant_ref)

    def user_declines(self, payment: PaymentResult) -> None:
        self.does("cancel", reference=payment.merchant_ref)

    def settle_refund(self, refund_ref: str, *, succeeds: bool) -> None:
        self.does("settle_refund", refund_ref=refund_ref, succeeds=succeeds)
        self.said(lambda event: event.kind is EventKind.REFUND and event.refund.refund_ref == refund_ref)

    def prompts(self) -> list[dict]:
        return self.control.get("mpesa/prompts")["prompts"]


class RatibaHarness(MPesaHarness):
    key = "mpesa_ratiba"
    wallet = "mpesa"
    lacks = {"unsign_in_wallet": "Safaricom tells nobody, and there is nothing to look up"}

    def __init__(self, sandbox: RunningSandbox, receiver: Receiver) -> None:
        super().__init__(sandbox, receiver)
        self.debited = 0
        run(self.provider.register_addresses(receiver.url))

    def signs(self, started: MandateResult) -> None:
        self.does("sign", reference=started.merchant_ref)

    def signed(self, request: MandateRequest) -> MandateResult:
        """The approval is told, never looked up."""
        started = run(self.provider.start_mandate(request))
        assert started.state is MandateState.PENDING
        self.signs(started)
        ((_, event), *_) = self.said(lambda event: answered(event, request.merchant_ref))
        return event.mandate

    def expire(self, mandate_ref: str) -> None:
        self.move_clock(run(self.provider.get_mandate(mandate_ref)).valid_until + timedelta(minutes=1))

    def provider_debits(self, mandate: MandateSnapshot) -> None:
        first = mandate.terms.first_charge_on
        due = first + timedelta(days=31 * self.debited)
        self.debited += 1
        self.move_clock(datetime.combine(due, time(9), tzinfo=UTC))
        self.control.user("tick")


def answered(event: Event, merchant_ref: str) -> bool:
    return event.kind is EventKind.MANDATE and event.mandate.merchant_ref == merchant_ref


@contextmanager
def harness(kind: type[MPesaHarness], sandbox: RunningSandbox) -> Iterator[MPesaHarness]:
    """An empty simulator and nothing remembered of earlier prompts."""
    from django.core.cache import cache

    sandbox.control.post("reset")
    cache.clear()
    with webhook_receiver() as receiver:
        yield kind(sandbox, receiver)
