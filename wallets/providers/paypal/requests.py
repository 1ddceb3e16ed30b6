"""The bodies PayPal gets."""

import hashlib
import re
import string
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wallets.providers.messages import ChargeRequest, MandateRequest, PaymentRequest, RefundRequest
from wallets.providers.paypal import marker
from wallets.providers.paypal.amounts import written

# The tightest length PayPal has published for a request id is 38; a capture's needs two letters more than the order's.
REFERENCE_LENGTH = 36
REFERENCE_ALPHABET = string.ascii_letters + string.digits + "-_"
DESCRIPTION_LIMIT = 127
NOTE_LIMIT = 255
PLAIN = re.compile(f"[A-Za-z0-9-]{{1,{REFERENCE_LENGTH}}}")
_PLAIN = frozenset(string.ascii_letters + string.digits + "-")
_DESCRIBABLE = frozenset(string.ascii_letters + string.digits + "_'-., :;!?\"")


def reference(attempt_id: str) -> str:
    """Letters, digits, dashes and underscores, different for different ids."""
    if PLAIN.fullmatch(attempt_id):
        return attempt_id
    escaped = "".join(chr(byte) if chr(byte) in _PLAIN else f"_{byte:02x}" for byte in attempt_id.encode())
    fits = 0 < len(escaped) <= REFERENCE_LENGTH
    return escaped if fits else "_" + hashlib.sha256(attempt_id.encode()).hexdigest()[: REFERENCE_LENGTH - 1]


def capture_id(merchant_ref: str) -> str:
    """The request id of a capture: the order's lives six hours, this one 45 days, so they must not be the same."""
    return f"{merchant_ref}-c"


def order(request: PaymentRequest) -> dict[str, Any]:
    wallet: dict[str, Any] = {"experience_context": _experience(request.return_url, user_action="PAY_NOW")}
    if request.save_method:
        vault = {"store_in_vault": "ON_SUCCESS", "usage_type": "MERCHANT", "permit_multiple_payment_tokens": True}
        wallet["attributes"] = {"vault": vault, "customer": {"merchant_customer_id": request.merchant_ref}}
    return {
        "intent": "CAPTURE",
        "purchase_units": [_unit(request, custom_id=marker.until(request.expires_at))],
        "payment_source": {"paypal": wallet},
    }


def charge(request: ChargeRequest) -> dict[str, Any]:
    stored = {"payment_initiator": "MERCHANT", "usage": "SUBSEQUENT", "usage_pattern": "RECURRING_POSTPAID"}
    return _by_token(request, request.mandate.mandate_ref, stored)


def saved_payment(request: PaymentRequest) -> dict[str, Any]:
    """The payer is at our page and asked for it."""
    stored = {"payment_initiator": "CUSTOMER", "usage": "SUBSEQUENT", "usage_pattern": "IMMEDIATE"}
    return _by_token(request, request.saved_ref, stored)


def _by_token(request: PaymentRequest | ChargeRequest, token: str, stored: Mapping[str, str]) -> dict[str, Any]:
    wallet = {"vault_id": token, "stored_credential": stored}
    return {
        "intent": "CAPTURE",
        "purchase_units": [_unit(request, custom_id=marker.CHARGE)],
        "payment_source": {"paypal": wallet},
    }


def _unit(request: PaymentRequest | ChargeRequest, *, custom_id: str) -> dict[str, Any]:
    """`invoice_id` is the second guard: PayPal pays one once, long after it has forgotten the request id."""
    return {
        "reference_id": "default",
        "invoice_id": request.merchant_ref,
        "custom_id": custom_id,
        "description": request.subject[:DESCRIPTION_LIMIT],
        "amount": written(request.amount),
    }


def remark(text: str) -> list[Mapping[str, Any]]:
    path = "/purchase_units/@reference_id=='default'/custom_id"
    return [{"op": "replace", "path": path, "value": text[:DESCRIPTION_LIMIT]}]


def refund(request: RefundRequest) -> dict[str, Any]:
    note = {"note_to_payer": request.reason[:NOTE_LIMIT]} if request.reason else {}
    names = {"invoice_id": request.merchant_ref, "custom_id": request.refund_ref}
    return {"amount": written(request.amount), **names, **note}


def setup_token(request: MandateRequest) -> dict[str, Any]:
    wallet = {
        "usage_type": "MERCHANT",
        "usage_pattern": "RECURRING_POSTPAID",
        "permit_multiple_payment_tokens": True,
        "description": _describable(request.subject),
        "experience_context": _experience(request.return_url, vault_instruction="ON_PAYER_APPROVAL"),
    }
    return {"payment_source": {"paypal": wallet}, "customer": {"merchant_customer_id": request.merchant_ref}}


def payment_token(setup_id: str) -> dict[str, Any]:
    return {"payment_source": {"token": {"id": setup_id, "type": "SETUP_TOKEN"}}}


def search_path(start: datetime, end: datetime, page: int) -> str:
    fields = f"fields=transaction_info&page_size=500&page={page}"
    return f"/v1/reporting/transactions?start_date={_wire_time(start)}&end_date={_wire_time(end)}&{fields}"


def _wire_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _experience(return_url: str, **more: str) -> dict[str, str]:
    back = {"return_url": return_url, "cancel_url": return_url} if return_url else {}
    return {"shipping_preference": "NO_SHIPPING", **back, **more}


def _describable(subject: str) -> str:
    """PayPal's vault takes plain letters only in what it shows to the payer."""
    kept = "".join(letter for letter in subject if letter in _DESCRIBABLE).strip()
    return kept[:DESCRIPTION_LIMIT] or "Agreement"
