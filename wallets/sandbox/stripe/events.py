"""Webhooks: what happened, to whom it is told, and how a delivery is signed (or spoiled, when ordered)."""

import hmac
import json
from hashlib import sha256

from wallets.sandbox.notifier import Delivery
from wallets.sandbox.store import Document
from wallets.sandbox.stripe import shapes
from wallets.sandbox.stripe.world import World

API_VERSION = "2026-10-28.endive"
STALE_SECONDS = 301
# The endpoint's subscription, as a merchant would choose it on Stripe's page of webhooks.
SUBSCRIBED = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.processing",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "payment_intent.canceled",
        "checkout.session.expired",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "setup_intent.succeeded",
        "payment_method.detached",
        "mandate.updated",
    }
)


def emit(world: World, kind: str, body: Document, previous: Document | None = None) -> None:
    about: Document = {"object": body}
    if previous:
        about["previous_attributes"] = previous
    event = shapes.body(
        "event",
        id=world.new_id("evt"),
        account=world.account,
        api_version=API_VERSION,
        created=world.now(),
        data=about,
        pending_webhooks=1,
        request={"id": world.new_id("req", 14), "idempotency_key": None},
        type=kind,
    )
    world.save(event)
    if kind in SUBSCRIBED:
        fault = world.faults.strike_notify()
        world.notifier.enqueue(event["id"], endpoint(world), event, wallet="stripe", fault=fault)


def endpoint(world: World) -> str:
    """Set once on Stripe's page, not with each payment."""
    return (world.store.get("stripe.setting", "endpoint") or {"url": world.default_endpoint})["url"]


def prepare(world: World, notify: Document) -> Delivery:
    """One delivery: always the same event, a fresh time and signature; only the first is spoilt."""
    fault = "" if notify["tries"] else notify["fault"]
    body = json.dumps(notify["fields"], indent=2, ensure_ascii=False).encode()
    moment = world.now() - (STALE_SECONDS if fault == "stale" else 0)
    secret = "whsec_somebody_else" if fault == "forge" else world.webhook_secret
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signature(secret, moment, body),
    }
    if fault == "tamper":
        body = body.replace(b'"created": ', b'"created": 1', 1)
    return Delivery(body, headers)


def signature(secret: str, moment: int, body: bytes) -> str:
    digest = hmac.new(secret.encode(), b"%d." % moment + body, sha256).hexdigest()
    # The second scheme is only there to be ignored.
    return f"t={moment},v1={digest},v0={'0' * 64}"
