"""PayPal's webhooks: verified offline, made sure to be about us, translated."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from common.http import Operation
from wallets.providers.errors import InvalidWebhook
from wallets.providers.messages import Event, HttpIn, MandateResult, PaymentResult
from wallets.providers.paypal import reading
from wallets.providers.paypal.certificates import Certificates
from wallets.providers.paypal.signing import is_genuine
from wallets.providers.vocabulary import Claim, EventKind, MandateState, PaymentState

LARGEST_BODY = 256 * 1024
# PayPal delivers for three days; a genuine call that is older, or from the future, was kept by somebody.
OLDEST, AHEAD = timedelta(days=3, hours=6), timedelta(minutes=5)
SAFE_FIELDS = ("id", "status", "invoice_id", "create_time", "update_time", "dispute_id", "reason", "dispute_state")
ORDER_EVENTS = frozenset({"CHECKOUT.ORDER.APPROVED", "CHECKOUT.ORDER.COMPLETED"})
TAKEN_BACK = frozenset({"PAYMENT.CAPTURE.REVERSED"})
REFUNDED = frozenset({"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"})
CAPTURE_EVENTS = frozenset(
    {
        "PAYMENT.CAPTURE.COMPLETED",
        "PAYMENT.CAPTURE.PENDING",
        "PAYMENT.CAPTURE.DENIED",
        "PAYMENT.CAPTURE.DECLINED",
    }
)
CLAIMS = {
    "CUSTOMER.DISPUTE.CREATED": Claim.OPEN,
    "CUSTOMER.DISPUTE.UPDATED": Claim.OPEN,
    "CUSTOMER.DISPUTE.RESOLVED": Claim.OVER,
}
DISPUTED = "disputed_transactions"
VAULT_EVENTS = {"VAULT.PAYMENT-TOKEN.CREATED": MandateState.ACTIVE, "VAULT.PAYMENT-TOKEN.DELETED": MandateState.REVOKED}


@dataclass(frozen=True, kw_only=True)
class Webhooks:
    certificates: Certificates
    webhook_id: str
    merchant_id: str
    now: Callable[[], datetime]

    def prepare(self, call: HttpIn) -> Operation[None] | None:
        plausible = len(call.body) <= LARGEST_BODY and call.headers.get("paypal-transmission-sig")
        return self.certificates.fetch(call.headers) if plausible and self._is_fresh(call) else None

    def events(self, call: HttpIn) -> list[Event]:
        if len(call.body) > LARGEST_BODY:
            raise InvalidWebhook("The webhook is larger than any PayPal sends.")
        if not self._is_fresh(call):
            raise InvalidWebhook("The webhook is older than PayPal's last delivery, or from the future.")
        key = self.certificates.key(call.headers, self.now())
        if not is_genuine(key, call.headers, call.body, webhook_id=self.webhook_id):
            raise InvalidWebhook("The webhook is not signed by PayPal for our account.")
        try:
            return self._events(json.loads(call.body))
        except (ValueError, RecursionError) as error:
            raise InvalidWebhook("The webhook lacks something it must have.") from error

    def _is_fresh(self, call: HttpIn) -> bool:
        sent = reading.time(call.headers, "paypal-transmission-time")
        return sent is not None and -AHEAD <= self.now() - sent <= OLDEST

    def _events(self, data: object) -> list[Event]:
        if not isinstance(data, Mapping):
            raise ValueError("not an object")
        event_id, kind, resource = reading.text(data, "id"), reading.text(data, "event_type"), data.get("resource")
        if not event_id or not kind or not isinstance(resource, Mapping):
            raise ValueError("id, event_type and resource")
        event = Event(
            kind=EventKind.OTHER,
            dedupe_key=event_id,
            type=kind,
            occurred_at=reading.time(data, "create_time"),
            confirm_first=True,
            facts=_facts(kind, resource),
        )
        self._check_addressee(resource)
        return _claims(event, resource) if kind in CLAIMS else [_translated(event, resource)]

    def _check_addressee(self, resource: Mapping[str, Any]) -> None:
        """A genuine signature may belong to another account that shares our application."""
        owners = [resource, *reading.rows(resource, "purchase_units")]
        payees = {reading.text(reading.mapping(owner, "payee"), "merchant_id") for owner in owners}
        sellers = [reading.mapping(one, "seller") for one in reading.rows(resource, DISPUTED)]
        payees |= {reading.text(seller, "merchant_id") for seller in sellers}
        if payees - {"", self.merchant_id}:
            raise InvalidWebhook("The webhook is about another merchant.")


def _translated(event: Event, resource: Mapping[str, Any]) -> Event:
    if event.type in VAULT_EVENTS:
        return _mandate(event, resource)
    if event.type in ORDER_EVENTS:
        return _payment(event, reading.order(resource))
    if event.type in CAPTURE_EVENTS:
        return _payment(event, reading.capture(resource))
    if event.type in TAKEN_BACK:
        return _payment(event, _of_capture(resource, PaymentState.REVERSED))
    if event.type in REFUNDED:
        refund = reading.refund(resource)
        paid = replace(_of_capture(resource, PaymentState.SUCCEEDED), refunded=refund.amount)
        return replace(_payment(event, paid), refund=refund)
    return event


def _claims(event: Event, resource: Mapping[str, Any]) -> list[Event]:
    """One for each payment a dispute is about. One that names none of ours is a person's to find: never left out."""
    disputed = reading.rows(resource, DISPUTED) or [{}]
    return [_claim(event, one, number) for number, one in enumerate(disputed)]


def _claim(event: Event, disputed: Mapping[str, Any], number: int) -> Event:
    payment = PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=reading.text(disputed, "invoice_number"))
    named = {"seller_transaction_id": reading.text(disputed, "seller_transaction_id")}
    return replace(
        event,
        kind=EventKind.PAYMENT,
        dedupe_key=f"{event.dedupe_key}:{number}" if number else event.dedupe_key,
        payment=payment,
        claim=CLAIMS[event.type],
        facts={**event.facts, **named},
    )


def _payment(event: Event, payment: PaymentResult) -> Event:
    """Without our number it is somebody else's business of the same account (an invoice, a shop)."""
    return replace(event, kind=EventKind.PAYMENT, payment=payment) if payment.merchant_ref else event


def _of_capture(resource: Mapping[str, Any], state: PaymentState) -> PaymentResult:
    """The payment a refund or reversal is about; the resource's amount is that of the refund."""
    order_id = reading.text(reading.mapping(resource, "supplementary_data", "related_ids"), "order_id")
    return PaymentResult(state=state, merchant_ref=reading.text(resource, "invoice_id"), provider_ref=order_id)


def _mandate(event: Event, resource: Mapping[str, Any]) -> Event:
    token = reading.text(resource, "id")
    if not token:
        raise ValueError("id")
    customer = reading.mapping(resource, "customer")
    state = VAULT_EVENTS[event.type]
    mandate = MandateResult(
        state=state,
        mandate_ref=token,
        merchant_ref=reading.text(customer, "merchant_customer_id"),
        ended_at=event.occurred_at if state is MandateState.REVOKED else None,
    )
    confirm = state is not MandateState.REVOKED
    return replace(event, kind=EventKind.MANDATE, mandate=mandate, confirm_first=confirm)


def _facts(kind: str, resource: Mapping[str, Any]) -> dict[str, str]:
    kept = {name: reading.text(resource, name) for name in SAFE_FIELDS if reading.text(resource, name)}
    amount = reading.mapping(resource, "amount")
    money = {"amount": f"{reading.text(amount, 'value')} {reading.text(amount, 'currency_code')}"} if amount else {}
    return {"event_type": kind, **kept, **money}
