"""What the simulated PayPal says by itself: one JSON event, signed anew for each delivery."""

import base64
import json
import uuid
import zlib
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from wallets.sandbox.keys import stranger
from wallets.sandbox.notifier import Delivery
from wallets.sandbox.paypal.merchant import WEBHOOK_ID
from wallets.sandbox.paypal.world import World, new_id
from wallets.sandbox.store import Document

CERTIFICATE = "CERT-5aadb0x-c0ffee00-51mula7e"
STALE = timedelta(days=5)


def order_approved(world: World, order: Document) -> None:
    _send(world, "CHECKOUT.ORDER.APPROVED", "checkout-order", order)


def captured(world: World, capture: Document, status: str) -> None:
    _send(world, f"PAYMENT.CAPTURE.{status}", "capture", capture)


def reversed_capture(world: World, capture: Document) -> None:
    _send(world, "PAYMENT.CAPTURE.REVERSED", "capture", capture)


def refunded(world: World, refund: Document, kind: str) -> None:
    _send(world, kind, "refund", refund)


def vaulted(world: World, token: Document, what: str) -> None:
    _send(world, f"VAULT.PAYMENT-TOKEN.{what}", "payment_token", token)


def disputed(world: World, dispute: Document, what: str) -> None:
    _send(world, f"CUSTOMER.DISPUTE.{what}", "dispute", dispute)


def _send(world: World, kind: str, resource_type: str, resource: Document) -> None:
    webhook = world.webhook()
    if kind in webhook["without"]:
        return
    event_id = f"WH-{new_id(17)}-{new_id(17)}"
    event = {
        "id": event_id,
        "event_version": "1.0",
        "create_time": world.stamp(),
        "resource_type": resource_type,
        "event_type": kind,
        "summary": kind.replace(".", " ").lower(),
        "resource": resource,
    }
    world.notifier.enqueue(event_id, webhook["url"], event, wallet="paypal", fault=world.faults.strike_notify())


class Sealer:
    """Signs a delivery; written apart from the client on purpose."""

    def __init__(self, private: Path) -> None:
        self._key: Any = load_pem_private_key(private.read_bytes(), None)

    def delivery(self, world: World, notify: Document) -> Delivery:
        """A fresh transmission of the same event; only the first is spoilt."""
        fault = "" if notify["tries"] else notify["fault"]
        body = json.dumps(notify["fields"], ensure_ascii=False).encode()
        sent = world.stamp(world.clock.now() - (STALE if fault == "stale" else timedelta(0)))
        transmission = str(uuid.uuid4())
        text = f"{transmission}|{sent}|{WEBHOOK_ID}|{zlib.crc32(body) & 0xFFFFFFFF}"
        key = stranger() if fault == "forge" else self._key
        headers = {
            "Content-Type": "application/json",
            "PAYPAL-TRANSMISSION-ID": transmission,
            "PAYPAL-TRANSMISSION-TIME": sent,
            "PAYPAL-TRANSMISSION-SIG": base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode(),
            "PAYPAL-CERT-URL": f"{world.base_url}/paypal/v1/notifications/certs/{CERTIFICATE}",
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
        }
        return Delivery(_tampered(notify["fields"]) if fault == "tamper" else body, headers)


def _tampered(event: Document) -> bytes:
    text = json.dumps(event, ensure_ascii=False)
    amount = event["resource"].get("amount") or (event["resource"].get("purchase_units") or [{}])[0].get("amount")
    if not amount:
        return text.replace(event["resource"]["id"], "SOMEBODYELSES").encode()
    return text.replace(f'"{amount["value"]}"', f'"{Decimal(amount["value"]) + 1}"').encode()
