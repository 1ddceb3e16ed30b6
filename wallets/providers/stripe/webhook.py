"""Stripe's webhooks: verify the raw bytes, make sure they are about us, translate.

The SDK checks the signature. The age is checked here, both ways and by the platform's clock.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import stripe

from wallets.providers.errors import InvalidWebhook
from wallets.providers.messages import Event, HttpIn, MandateResult, PaymentResult, RefundResult
from wallets.providers.stripe import reading
from wallets.providers.stripe.amounts import from_stripe
from wallets.providers.vocabulary import EventKind, MandateState, PaymentState

LARGEST_BODY = 256 * 1024
LONGEST_HEADER = 2000
TOLERANCE_SECONDS = 300
# These name the payment by Stripe's number only: a dispute always, a refund when it was made on Stripe's own page.
UNNAMED = ("charge.dispute.", "refund.")
SAFE_FIELDS = (
    "id", "object", "amount", "amount_received", "amount_total", "currency", "status", "created", "payment_intent",
    "latest_charge", "charge", "mode", "client_reference_id", "reason", "cancellation_reason",
    "failure_reason", "type",
)  # fmt: skip

Fields = Mapping[str, Any]
Said = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Addressee:
    secrets: tuple[str, ...] = field(repr=False)
    account: str
    livemode: bool


def events(call: HttpIn, addressee: Addressee, now: datetime, marks: Mapping[str, str]) -> list[Event]:
    """`marks`: our references by payment intent, for the notices that name only the latter."""
    event = _ours(call, addressee, now)
    try:
        return [_translated(event, marks)]
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise InvalidWebhook("The notice lacks something it must have.") from error


def unnamed_payment(call: HttpIn, addressee: Addressee, now: datetime) -> str:
    """The payment intent whose reference of ours a genuine notice does not tell, or `""`."""
    try:
        event = _ours(call, addressee, now)
        about = event["data"]["object"]
        named = not str(event["type"]).startswith(UNNAMED) or reading.mark(about)
        return "" if named else reading.name_of(about.get("payment_intent"))
    except (InvalidWebhook, KeyError, TypeError, AttributeError):
        return ""


def _ours(call: HttpIn, addressee: Addressee, now: datetime) -> Fields:
    event = _event(_verified(call, addressee, now))
    if event.get("livemode") is not addressee.livemode or (event.get("account") or "") != addressee.account:
        raise InvalidWebhook("The notice is about another account or mode.")
    return event


def _verified(call: HttpIn, addressee: Addressee, now: datetime) -> bytes:
    header = call.headers.get("stripe-signature", "")
    if len(call.body) > LARGEST_BODY or len(header) > LONGEST_HEADER:
        raise InvalidWebhook("The notice is larger than any Stripe sends.")
    if not any(_signed(call.body, header, secret) for secret in addressee.secrets):
        raise InvalidWebhook("The notice is not signed by Stripe with our secret.")
    times = [part.partition("=")[2] for part in header.split(",") if part.startswith("t=")]
    sent = int(times[0]) if times[0].isascii() and times[0].isdigit() else 0
    if abs(now.timestamp() - sent) >= TOLERANCE_SECONDS:
        raise InvalidWebhook("The notice was signed too long ago, or in the future.")
    return call.body


def _signed(body: bytes, header: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret))
    except (stripe.SignatureVerificationError, ValueError, TypeError):
        return False


def _event(body: bytes) -> Fields:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidWebhook("The notice is not JSON.") from error
    if not isinstance(event, dict) or event.get("object") != "event":
        raise InvalidWebhook("The notice is not an event.")
    return event


def _translated(event: Fields, marks: Mapping[str, str]) -> Event:
    kind, about = str(event["type"]), event["data"]["object"]
    name = event["id"]
    if not isinstance(name, str) or not name or not isinstance(about, dict):
        raise ValueError("id and data.object")
    said = _READERS.get(kind, _nothing)(about)
    if kind.startswith(UNNAMED) and "payment" in said:
        result = said["payment"]
        said["payment"] = replace(result, merchant_ref=marks.get(result.provider_ref, ""))
    facts = {key: about[key] for key in SAFE_FIELDS if isinstance(about.get(key), str | int)}
    return Event(
        dedupe_key=name,
        type=kind,
        occurred_at=reading.moment(event.get("created")),
        facts={**facts, "event": name},
        **said,
    )


def _nothing(about: Fields) -> Said:
    return {"kind": EventKind.OTHER}


def _payment(about: Fields) -> Said:
    result = reading.payment(about)
    # Events come twice and in any order, so the payment is asked for again before anything is believed.
    return _about_payment(result) if result.merchant_ref else _nothing(about)


def _about_payment(result: PaymentResult) -> Said:
    return {"kind": EventKind.PAYMENT, "payment": result, "confirm_first": True}


def _page_ended(about: Fields) -> Said:
    if about.get("mode") != "payment" or not about.get("client_reference_id"):
        return _nothing(about)
    return _about_payment(reading.unpaid_page(about, str(about["client_reference_id"])))


def _dispute(about: Fields) -> Said:
    """A dispute names the payment intent only, and its amount may be a part of the payment's."""
    gone = about.get("status") in reading.MONEY_GONE
    from_stripe(about.get("amount"), about.get("currency"))
    result = PaymentResult(
        state=PaymentState.REVERSED if gone else PaymentState.UNKNOWN,
        merchant_ref="",
        provider_ref=reading.name_of(about.get("payment_intent")),
    )
    return _about_payment(result) if result.provider_ref else _nothing(about)


def _refund(about: Fields) -> Said:
    result: RefundResult = reading.refund(about)
    payment = reading.name_of(about.get("payment_intent"))
    if not result.refund_ref and payment:
        return _about_payment(PaymentResult(state=PaymentState.UNKNOWN, merchant_ref="", provider_ref=payment))
    if not result.refund_ref:
        return _nothing(about)
    return {"kind": EventKind.REFUND, "refund": result, "confirm_first": True}


def _setup(about: Fields) -> Said:
    result = reading.signed(about)
    if not result.merchant_ref:
        return _nothing(about)
    return {"kind": EventKind.MANDATE, "mandate": result, "confirm_first": True}


def _ended(mandate_ref: str) -> Said:
    mandate = MandateResult(state=MandateState.REVOKED, mandate_ref=mandate_ref)
    return {"kind": EventKind.MANDATE, "mandate": mandate}


def _detached(about: Fields) -> Said:
    return _ended(about["id"])


def _bank_mandate(about: Fields) -> Said:
    method = reading.name_of(about.get("payment_method"))
    return _ended(method) if about.get("status") == "inactive" and method else _nothing(about)


_READERS: Mapping[str, Callable[[Fields], Said]] = {
    "payment_intent.succeeded": _payment,
    "payment_intent.processing": _payment,
    "payment_intent.payment_failed": _payment,
    "payment_intent.requires_action": _payment,
    "payment_intent.canceled": _payment,
    "checkout.session.expired": _page_ended,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "setup_intent.succeeded": _setup,
    "payment_method.detached": _detached,
    "mandate.updated": _bank_mandate,
}
# What the endpoint at Stripe has to be subscribed to.
EVENTS = tuple(_READERS)
