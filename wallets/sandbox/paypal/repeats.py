"""PayPal-Request-Id: a repeat within the lifetime gets the first call's resource, as it stands now."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from wallets.sandbox.paypal.world import World, invalid
from wallets.sandbox.store import Document
from wallets.sandbox.web import Request

LIFETIMES = {
    "orders": timedelta(hours=6),
    "payments": timedelta(days=45),
    "vault": timedelta(hours=3),
}


def once(
    world: World, request: Request, area: str, make: Callable[[], str], show: Callable[[str], Document]
) -> tuple[Document, int]:
    """`make` acts and returns the id of what it made; `show` writes it down as it is now."""
    key = request.headers.get("paypal-request-id", "")
    if len(key) > 108:
        raise invalid("INVALID_STRING_LENGTH")
    if not key:
        return show(make()), 201
    digest = hashlib.sha256(request.path.encode() + b"\n" + request.body).hexdigest()
    known = world.store.get(f"paypal.request.{area}", key)
    if known and world.since(known["at"]) < LIFETIMES[area]:
        if known["digest"] != digest:
            raise invalid("DUPLICATE_REQUEST_ID")
        return show(known["resource"]), 200
    resource = make()
    world.store.put(f"paypal.request.{area}", key, {"digest": digest, "at": world.stamp(), "resource": resource})
    return show(resource), 201
