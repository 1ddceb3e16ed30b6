"""Captures and refunds: the only place where money moves, counted every time; an invoice number is paid once."""

from decimal import Decimal
from typing import Any

from wallets.sandbox.paypal import notifies
from wallets.sandbox.paypal.world import Refusal, World, missing, new_id, read_amount
from wallets.sandbox.store import Document

ADVICE = "payment_advice_code_"
PAID = ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED")


def capture(world: World, order: Document, fault: Document) -> Document:
    """Capture an order's amount; raises what PayPal would say, and then nothing was made."""
    if world.store.get("paypal.invoice", order["invoice_id"]):
        raise Refusal("DUPLICATE_INVOICE_ID")
    declined = fault["kind"] == "decline" and fault["code"].startswith(ADVICE)
    if fault["kind"] == "decline" and not declined:
        raise Refusal(fault["code"] or "INSTRUMENT_DECLINED")
    one: Document = {
        "id": new_id(),
        "order": order["id"],
        "status": "DECLINED" if declined else "PENDING",
        "reason": "" if declined else "ECHECK",
        "advice": fault["code"].removeprefix(ADVICE) if declined else "",
        "amount": order["amount"],
        "invoice_id": order["invoice_id"],
        "custom_id": order["custom_id"],
        "vault_id": str(order["wallet"].get("vault_id", "")),
        "description": order["description"],
        "created": world.stamp(),
    }
    order |= {"status": "COMPLETED", "captures": [*order["captures"], one["id"]]}
    world.store.put("paypal.capture", one["id"], one)
    if declined:
        return one
    world.store.put("paypal.invoice", order["invoice_id"], {"capture": one["id"]})
    if fault["kind"] == "accept_only":
        notifies.captured(world, show(world, one), "PENDING")
        return one
    return pay(world, one)


def pay(world: World, one: Document) -> Document:
    one |= {"status": "COMPLETED", "reason": "", "paid": world.stamp()}
    world.store.put("paypal.capture", one["id"], one)
    number = world.store.next_number("paypal.debit")
    debit = {
        "merchant_ref": one["invoice_id"],
        "order_id": one["order"],
        "vault_id": one["vault_id"],
        "amount": one["amount"]["value"],
        "currency": one["amount"]["currency_code"],
        "description": one["description"],
        "at": one["paid"],
        "capture": one["id"],
    }
    world.store.put("paypal.debit", str(number), debit)
    notifies.captured(world, show(world, one), "COMPLETED")
    return one


def settle(world: World, one: Document, *, succeeds: bool) -> Document:
    """What becomes of a pending capture, days later."""
    if one["status"] != "PENDING":
        raise Refusal("CAPTURE_STATUS_NOT_VALID")
    if succeeds:
        return pay(world, one)
    one |= {"status": "DECLINED", "reason": ""}
    world.store.put("paypal.capture", one["id"], one)
    world.store.drop("paypal.invoice", one["invoice_id"])
    notifies.captured(world, show(world, one), "DENIED")
    return one


def find(world: World, capture_id: str) -> Document:
    found = world.store.get("paypal.capture", capture_id)
    if found is None:
        raise missing()
    return found


def by_number(world: World, invoice: str) -> Document:
    known = world.store.get("paypal.invoice", invoice)
    if known is None:
        raise missing()
    return find(world, known["capture"])


def reverse(world: World, one: Document) -> Document:
    """A dispute was lost: the payer has the money back, whatever we think."""
    if one["status"] not in PAID:
        raise Refusal("CAPTURE_STATUS_NOT_VALID")
    one |= {"status": "REFUNDED", "reason": "CHARGEBACK", "reversed": world.stamp()}
    world.store.put("paypal.capture", one["id"], one)
    notifies.reversed_capture(world, show(world, one))
    return one


def refund(world: World, capture_id: str, content: Any, *, pending: bool) -> str:
    one = find(world, capture_id)
    if one["status"] == "PENDING":
        raise Refusal("PENDING_CAPTURE")
    if one["status"] not in PAID or one["reason"]:
        raise Refusal("REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK" if one["reason"] else "CAPTURE_STATUS_NOT_VALID")
    left = Decimal(one["amount"]["value"]) - refunded(world, one)
    if not left:
        raise Refusal("CAPTURE_FULLY_REFUNDED")
    amount = read_amount(content.get("amount") or {**one["amount"], "value": str(left)})
    if amount["currency_code"] != one["amount"]["currency_code"]:
        raise Refusal("REFUND_CAPTURE_CURRENCY_MISMATCH")
    if Decimal(amount["value"]) > left:
        raise Refusal("REFUND_AMOUNT_EXCEEDED")
    made = {
        "id": new_id(),
        "capture": one["id"],
        "order": one["order"],
        "status": "PENDING" if pending else "COMPLETED",
        "amount": amount,
        "invoice_id": str(content.get("invoice_id") or one["invoice_id"]),
        "custom_id": str(content.get("custom_id", "")),
        "created": world.stamp(),
    }
    world.store.put("paypal.refund", made["id"], made)
    order = world.store.get("paypal.order", one["order"]) or {"refunds": []}
    world.store.put("paypal.order", one["order"], {**order, "refunds": [*order["refunds"], made["id"]]})
    _moved_back(world, one, made)
    return made["id"]


def settle_refund(world: World, made: Document, *, succeeds: bool) -> Document:
    made["status"] = "COMPLETED" if succeeds else "FAILED"
    world.store.put("paypal.refund", made["id"], made)
    _moved_back(world, find(world, made["capture"]), made)
    return made


def _moved_back(world: World, one: Document, made: Document) -> None:
    total, whole = refunded(world, one, only=("COMPLETED",)), Decimal(one["amount"]["value"])
    if total:
        one["status"] = "REFUNDED" if total == whole else "PARTIALLY_REFUNDED"
        world.store.put("paypal.capture", one["id"], one)
    kinds = {"COMPLETED": "PAYMENT.CAPTURE.REFUNDED", "PENDING": "PAYMENT.REFUND.PENDING"}
    notifies.refunded(world, show_refund(world, made["id"]), kinds.get(made["status"], "PAYMENT.REFUND.FAILED"))


def refunded(world: World, one: Document, only: tuple[str, ...] = ("COMPLETED", "PENDING")) -> Decimal:
    made = (row for row in world.store.all("paypal.refund") if row["capture"] == one["id"] and row["status"] in only)
    return sum((Decimal(row["amount"]["value"]) for row in made), Decimal(0))


def show(world: World, one: Document) -> Document:
    details = {"status_details": {"reason": one["reason"]}} if one["reason"] else {}
    advice = {"processor_response": {"payment_advice_code": one["advice"]}} if one["advice"] else {}
    return {
        "id": one["id"],
        "status": one["status"],
        **details,
        **advice,
        "amount": one["amount"],
        "final_capture": True,
        "invoice_id": one["invoice_id"],
        "custom_id": one["custom_id"],
        "supplementary_data": {"related_ids": {"order_id": one["order"]}},
        "create_time": one["created"],
        "update_time": one.get("paid", one["created"]),
        "links": [
            {"href": f"{world.base_url}/paypal/v2/payments/captures/{one['id']}", "rel": "self", "method": "GET"}
        ],
    }


def show_refund(world: World, refund_id: str) -> Document:
    made = world.store.get("paypal.refund", refund_id)
    if made is None:
        raise missing()
    up = f"{world.base_url}/paypal/v2/payments/captures/{made['capture']}"
    names = {name: made[name] for name in ("id", "status", "amount", "invoice_id", "custom_id")}
    related = {"related_ids": {"order_id": made["order"], "capture_id": made["capture"]}}
    links = [{"href": up, "rel": "up", "method": "GET"}]
    return {**names, "supplementary_data": related, "create_time": made["created"], "links": links}
