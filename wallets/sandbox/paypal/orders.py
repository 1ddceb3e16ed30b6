"""Orders: created, approved by the payer, captured once; or made with a saved wallet and captured at once."""

from datetime import timedelta
from typing import Any

from wallets.sandbox.paypal import captures, notifies, vault
from wallets.sandbox.paypal.world import PAYER, Refusal, World, invalid, missing, new_id, payee, read_amount
from wallets.sandbox.store import Document

UNAPPROVED_LIFE = timedelta(hours=3)
OPEN = ("CREATED", "PAYER_ACTION_REQUIRED", "APPROVED")
CUSTOM_PATH = "/purchase_units/@reference_id=='default'/custom_id"


def create(world: World, content: Document, *, has_request_id: bool, fault: Document) -> str:
    """The id of the new order; an order with a saved wallet is captured on the spot or not made at all."""
    order = _draft(world, content)
    wallet = order["wallet"]
    if "vault_id" in wallet:
        if not has_request_id:
            raise invalid("PAYPAL_REQUEST_ID_REQUIRED")
        _check_initiator(wallet.get("stored_credential"))
        vault.usable(world, str(wallet["vault_id"]))
        captures.capture(world, order, fault)
        return _saved(world, order)
    order["status"] = "PAYER_ACTION_REQUIRED"
    return _saved(world, order)


def _draft(world: World, content: Document) -> Document:
    units = content.get("purchase_units")
    if content.get("intent") != "CAPTURE" or not isinstance(units, list) or len(units) != 1:
        raise invalid("MISSING_REQUIRED_PARAMETER")
    unit = units[0]
    invoice = unit.get("invoice_id")
    if not isinstance(invoice, str) or not 0 < len(invoice) <= 127 or len(str(unit.get("custom_id", ""))) > 127:
        raise invalid("INVALID_STRING_LENGTH")
    wallet = (content.get("payment_source") or {}).get("paypal")
    if not isinstance(wallet, dict):
        raise invalid("NO_PAYMENT_SOURCE_PROVIDED")
    return {
        "id": new_id(),
        "status": "CREATED",
        "created": world.stamp(),
        "invoice_id": invoice,
        "custom_id": str(unit.get("custom_id", "")),
        "description": str(unit.get("description", ""))[:127],
        "amount": read_amount(unit.get("amount")),
        "wallet": wallet,
        "captures": [],
        "refunds": [],
    }


def _check_initiator(stored: Any) -> None:
    """Who asks for a payment with a saved wallet: the merchant by a schedule, or the payer who is at the page."""
    told = stored if isinstance(stored, dict) else {}
    by, pattern = told.get("payment_initiator"), str(told.get("usage_pattern", ""))
    if by not in ("MERCHANT", "CUSTOMER") or told.get("usage") != "SUBSEQUENT":
        raise invalid("INVALID_PARAMETER_VALUE")
    if (by == "CUSTOMER") is not (pattern == "IMMEDIATE"):
        raise invalid("INVALID_PARAMETER_VALUE")


def _saved(world: World, order: Document) -> str:
    world.store.put("paypal.order", order["id"], order)
    world.store.put("paypal.number", order["invoice_id"], {"order": order["id"]})
    return order["id"]


def find(world: World, order_id: str) -> Document:
    """The order as it stands now: one nobody approved in time is gone."""
    order = world.store.get("paypal.order", order_id)
    if order is None:
        raise missing()
    if order["status"] == "PAYER_ACTION_REQUIRED" and world.since(order["created"]) > UNAPPROVED_LIFE:
        raise missing()
    return order


def by_number(world: World, invoice: str) -> Document:
    known = world.store.get("paypal.number", invoice)
    if known is None:
        raise missing()
    return find(world, known["order"])


def approve(world: World, order: Document, *, good_instrument: bool = True) -> Document:
    """The payer agrees on PayPal's page. No money moves."""
    if order["status"] not in OPEN:
        raise Refusal("ORDER_ALREADY_CAPTURED")
    order |= {"status": "APPROVED", "good_instrument": good_instrument}
    world.store.put("paypal.order", order["id"], order)
    notifies.order_approved(world, show(world, order))
    return order


def capture(world: World, order_id: str, fault: Document) -> str:
    order = find(world, order_id)
    if order["captures"] and order["status"] == "COMPLETED":
        raise Refusal("ORDER_ALREADY_CAPTURED")
    if order["status"] != "APPROVED":
        raise Refusal("ORDER_NOT_APPROVED")
    if not order["good_instrument"]:
        raise Refusal("INSTRUMENT_DECLINED")
    captures.capture(world, order, fault)
    vaulted = (order["wallet"].get("attributes") or {}).get("vault")
    if vaulted:
        token = vault.save(world, order["wallet"]["attributes"].get("customer") or {})
        order["saved"] = token
    world.store.put("paypal.order", order["id"], order)
    return order["id"]


def patch(world: World, order_id: str, operations: Any) -> None:
    order = find(world, order_id)
    if order["status"] == "COMPLETED":
        raise Refusal("ORDER_ALREADY_COMPLETED")
    for operation in operations if isinstance(operations, list) else [{}]:
        if operation.get("path") != CUSTOM_PATH or operation.get("op") not in ("add", "replace"):
            raise Refusal("NOT_PATCHABLE")
        if not isinstance(operation.get("value"), str) or not 0 < len(operation["value"]) <= 127:
            raise invalid("INVALID_PARAMETER_VALUE")
        order["custom_id"] = operation["value"]
    world.store.put("paypal.order", order["id"], order)


def show(world: World, order: Document) -> Document:
    unit: Document = {
        "reference_id": "default",
        "amount": order["amount"],
        "payee": payee(),
        "invoice_id": order["invoice_id"],
        "custom_id": order["custom_id"],
        "description": order["description"],
    }
    payments = {
        "captures": [captures.show(world, captures.find(world, one)) for one in order["captures"]],
        "refunds": [captures.show_refund(world, one) for one in order["refunds"]],
    }
    if order["captures"]:
        unit["payments"] = {name: found for name, found in payments.items() if found}
    return {
        "id": order["id"],
        "intent": "CAPTURE",
        "status": order["status"],
        "payment_source": {"paypal": {**PAYER, **_vault_part(world, order)}},
        "purchase_units": [unit],
        "create_time": order["created"],
        "links": _links(world, order),
    }


def _vault_part(world: World, order: Document) -> Document:
    if not order.get("saved"):
        return {}
    token = vault.token(world, order["saved"])
    return {"attributes": {"vault": {"id": token["id"], "status": "VAULTED", "customer": token["customer"]}}}


def _links(world: World, order: Document) -> list[Document]:
    own = {"href": f"{world.base_url}/paypal/v2/checkout/orders/{order['id']}", "rel": "self", "method": "GET"}
    if order["status"] != "PAYER_ACTION_REQUIRED":
        return [own]
    page = f"{world.base_url}/paypal/checkoutnow?token={order['id']}"
    return [own, {"href": page, "rel": "payer-action", "method": "GET"}]
