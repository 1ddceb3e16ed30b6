"""Saved wallets: setup tokens the payer approves, and the payment tokens made of them."""

from datetime import timedelta
from typing import Any

from wallets.sandbox.paypal import notifies
from wallets.sandbox.paypal.world import PAYER, Refusal, World, invalid, missing, new_id
from wallets.sandbox.store import Document

SETUP_LIFE = timedelta(days=3)


def set_up(world: World, content: Document) -> str:
    wallet = (content.get("payment_source") or {}).get("paypal")
    if not isinstance(wallet, dict) or wallet.get("usage_type") != "MERCHANT":
        raise invalid("MISSING_REQUIRED_PARAMETER")
    setup: Document = {
        "id": new_id(),
        "status": "PAYER_ACTION_REQUIRED",
        "created": world.stamp(),
        "customer": _customer(content.get("customer")),
        "description": str(wallet.get("description", ""))[:127],
        "context": wallet.get("experience_context") or {},
    }
    world.store.put("paypal.setup", setup["id"], setup)
    return setup["id"]


def _customer(data: Any) -> Document:
    known = data if isinstance(data, dict) else {}
    return {"id": new_id(10), **{name: str(known[name]) for name in ("merchant_customer_id",) if name in known}}


def find_setup(world: World, setup_id: str) -> Document:
    setup = world.store.get("paypal.setup", setup_id)
    if setup is None or (setup["status"] != "VAULTED" and world.since(setup["created"]) > SETUP_LIFE):
        raise missing()
    return setup


def named(world: World, reference: str) -> dict[str, str]:
    """The newest setup and saved wallet made under this number of the merchant's."""
    found: dict[str, str] = {}
    for kind in ("setup", "token"):
        ours = [
            one for one in world.store.all(f"paypal.{kind}") if one["customer"].get("merchant_customer_id") == reference
        ]
        found |= {f"{kind}_id": one["id"] for one in ours[-1:]}
    return found


def approve(world: World, setup: Document) -> Document:
    if setup["status"] != "PAYER_ACTION_REQUIRED":
        raise Refusal("SETUP_TOKEN_ALREADY_APPROVED")
    return world.store.put("paypal.setup", setup["id"], {**setup, "status": "APPROVED"})


def make_token(world: World, content: Document) -> str:
    named = (content.get("payment_source") or {}).get("token") or {}
    if named.get("type") != "SETUP_TOKEN":
        raise invalid()
    setup = find_setup(world, str(named.get("id", "")))
    if setup["status"] != "APPROVED":
        raise Refusal("PAYER_ACTION_REQUIRED" if setup["status"] != "VAULTED" else "TOKEN_ALREADY_USED")
    world.store.put("paypal.setup", setup["id"], {**setup, "status": "VAULTED"})
    return save(world, setup["customer"], description=setup["description"])


def save(world: World, customer: Document, *, description: str = "") -> str:
    customer = customer if "id" in customer else _customer(customer)
    made: Document = {
        "id": new_id(8).lower(),
        "status": "ACTIVE",
        "customer": customer,
        "description": description,
        "created": world.stamp(),
    }
    world.store.put("paypal.token", made["id"], made)
    notifies.vaulted(world, show(world, made), "CREATED")
    return made["id"]


def token(world: World, token_id: str) -> Document:
    found = world.store.get("paypal.token", token_id)
    if found is None or found["status"] == "DELETED":
        raise missing()
    if found["status"] == "EXPIRED":
        raise Refusal("TOKEN_EXPIRED")
    return found


def usable(world: World, token_id: str) -> Document:
    """For a charge: what is gone is named as PayPal names it in an order."""
    found = world.store.get("paypal.token", token_id)
    if found is None or found["status"] == "DELETED":
        raise Refusal("TOKEN_ID_NOT_FOUND")
    return token(world, token_id)


def delete(world: World, token_id: str) -> None:
    """By the merchant or by the payer; once is enough."""
    found = world.store.get("paypal.token", token_id)
    if found is None or found["status"] == "DELETED":
        return
    world.store.put("paypal.token", token_id, {**found, "status": "DELETED"})
    notifies.vaulted(world, show(world, found), "DELETED")


def expire(world: World, token_id: str) -> Document:
    """The end of a saved wallet comes without any word to the merchant."""
    return world.store.put("paypal.token", token_id, {**token(world, token_id), "status": "EXPIRED"})


def of_customer(world: World, customer_id: str) -> list[Document]:
    every = (one for one in world.store.all("paypal.token") if one["status"] == "ACTIVE")
    return [show(world, one) for one in every if one["customer"]["id"] == customer_id]


def show(world: World, one: Document) -> Document:
    link = {"href": f"{world.base_url}/paypal/v3/vault/payment-tokens/{one['id']}", "rel": "self", "method": "GET"}
    return {"id": one["id"], "customer": one["customer"], "payment_source": {"paypal": PAYER}, "links": [link]}


def show_setup(world: World, setup: Document) -> Document:
    page = f"{world.base_url}/paypal/agreements/approve?approval_session_id={setup['id']}"
    waits = setup["status"] == "PAYER_ACTION_REQUIRED"
    links = [{"href": page, "rel": "approve", "method": "GET"}] if waits else []
    names = {name: setup[name] for name in ("id", "status", "customer")}
    return {**names, "payment_source": {"paypal": {"description": setup["description"]}}, "links": links}
