"""The parameters of our calls, as the SDK takes them."""

import hashlib
import string
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from wallets.providers.messages import ChargeRequest, MandateRequest, PaymentRequest, RefundRequest
from wallets.providers.stripe import methods
from wallets.providers.stripe.amounts import to_stripe
from wallets.providers.stripe.client import Fields

REFERENCE_ALPHABET = string.ascii_letters + string.digits + "_-"
REFERENCE_LENGTH = 64
# Our marks on Stripe's objects: which attempt, and whether the payer was there.
ATTEMPT, FLOW, REFUND = "attempt_id", "flow", "refund_ref"
CHECKOUT, OFF_SESSION, SAVED = "checkout", "off_session", "saved"
# What a payer who is here can be asked to confirm; a bank debit goes by the mandate that was signed.
CONFIRMABLE = frozenset({"card", "link"})
SUBJECT_LIMIT = 250
_PLAIN = frozenset(string.ascii_letters + string.digits + "-")
# A session lives 30 minutes to 24 hours, by Stripe's clock.
SHORTEST, LONGEST = timedelta(minutes=30, seconds=30), timedelta(hours=23, minutes=59)


def reference(attempt_id: str) -> str:
    """Letters, digits, hyphens and underscores, different for different ids."""
    escaped = "".join(chr(byte) if chr(byte) in _PLAIN else f"_{byte:02x}" for byte in attempt_id.encode())
    return escaped if len(escaped) <= REFERENCE_LENGTH else hashlib.sha256(attempt_id.encode()).hexdigest()


def payment_page(request: PaymentRequest, names: list[str], now: datetime) -> dict[str, Any]:
    unit = {"currency": request.amount.currency.lower(), "unit_amount": to_stripe(request.amount)}
    item = {"price_data": {**unit, "product_data": {"name": request.subject[:SUBJECT_LIMIT]}}, "quantity": 1}
    marks = {ATTEMPT: request.merchant_ref, FLOW: CHECKOUT}
    intent: dict[str, Any] = {"metadata": marks, "description": request.subject[:SUBJECT_LIMIT]}
    saving: dict[str, Any] = {}
    if request.save_method:
        intent["setup_future_usage"] = OFF_SESSION
        saving["customer_creation"] = "always"
    if request.expires_at:
        saving["expires_at"] = int(min(max(request.expires_at, now + SHORTEST), now + LONGEST).timestamp())
    return {
        "mode": "payment",
        "client_reference_id": request.merchant_ref,
        "line_items": [item],
        "payment_intent_data": intent,
        **_page(names, marks, request),
        **saving,
    }


def mandate_page(request: MandateRequest, names: list[str], customer: str) -> dict[str, Any]:
    marks = {ATTEMPT: request.merchant_ref}
    return {
        "mode": "setup",
        "customer": customer,
        "client_reference_id": request.merchant_ref,
        "setup_intent_data": {"metadata": marks, "description": request.subject[:SUBJECT_LIMIT]},
        **_page(names, marks, request),
    }


def _page(names: list[str], marks: Fields, request: PaymentRequest | MandateRequest) -> dict[str, Any]:
    back = _back(request)
    options = methods.page_options(names)
    page = {"payment_method_types": names, "metadata": marks, "success_url": back, "cancel_url": back}
    return {**page, "payment_method_options": options} if options else page


def _back(request: PaymentRequest | MandateRequest) -> str:
    return request.return_url or "{0.scheme}://{0.netloc}/".format(urlsplit(request.notify_url))


def customer(request: MandateRequest) -> dict[str, Any]:
    """Nobody's name or address: Stripe asks the payer for what it needs."""
    return {"metadata": {ATTEMPT: request.merchant_ref, "debtor": request.login_ref}}


def charge(request: ChargeRequest, method: Fields) -> dict[str, Any]:
    return {**_debit(request, method, OFF_SESSION), "off_session": True}


def saved_payment(request: PaymentRequest, method: Fields) -> dict[str, Any]:
    """The payer is here, so the bank may ask them; it leads them back to the page they came from."""
    debit = _debit(request, method, SAVED)
    if method["type"] not in CONFIRMABLE:
        return {**debit, "off_session": True}
    return {**debit, "off_session": False, "return_url": _back(request)}


def _debit(request: ChargeRequest | PaymentRequest, method: Fields, flow: str) -> dict[str, Any]:
    return {
        "amount": to_stripe(request.amount),
        "currency": request.amount.currency.lower(),
        "customer": method["customer"],
        "payment_method": method["id"],
        "payment_method_types": [method["type"]],
        "confirm": True,
        "description": request.subject[:SUBJECT_LIMIT],
        "metadata": {ATTEMPT: request.merchant_ref, FLOW: flow},
        "expand": ["latest_charge"],
    }


def refund(request: RefundRequest, payment_intent: str) -> dict[str, Any]:
    return {
        "payment_intent": payment_intent,
        "amount": to_stripe(request.amount),
        "metadata": {ATTEMPT: request.merchant_ref, REFUND: request.refund_ref},
    }
