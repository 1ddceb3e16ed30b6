"""The payer's complaints: announced at once; the money goes back only when a complaint is decided for the payer."""

from wallets.sandbox.paypal import captures, notifies
from wallets.sandbox.paypal.merchant import MERCHANT_ID
from wallets.sandbox.paypal.world import PAYER, Refusal, World, new_id
from wallets.sandbox.store import Document


def open_dispute(world: World, capture: Document) -> Document:
    if capture["status"] not in captures.PAID or capture.get("disputed"):
        raise Refusal("DISPUTE_NOT_POSSIBLE")
    about = {
        "seller_transaction_id": capture["id"],
        "invoice_number": capture["invoice_id"],
        "custom": capture["custom_id"],
        "gross_amount": capture["amount"],
        "buyer": {"name": PAYER["email_address"]},
        "seller": {"merchant_id": MERCHANT_ID},
    }
    dispute = {
        "dispute_id": f"PP-D-{new_id(5)}",
        "create_time": world.stamp(),
        "reason": "UNAUTHORISED",
        "status": "WAITING_FOR_SELLER_RESPONSE",
        "dispute_state": "OPEN_INQUIRIES",
        "dispute_life_cycle_stage": "INQUIRY",
        "dispute_amount": capture["amount"],
        "disputed_transactions": [about],
    }
    world.store.put("paypal.capture", capture["id"], {**capture, "disputed": dispute["dispute_id"]})
    return _said(world, dispute, "CREATED")


def escalate(world: World, capture: Document) -> Document:
    """The payer and the merchant did not agree, so PayPal decides."""
    waits = {"status": "UNDER_REVIEW", "dispute_state": "REQUIRED_ACTION", "dispute_life_cycle_stage": "CHARGEBACK"}
    return _said(world, {**_open(world, capture), **waits}, "UPDATED")


def win(world: World, capture: Document) -> Document:
    """Decided for the merchant: the money stays where it is."""
    return _over(world, _open(world, capture), "RESOLVED_SELLER_FAVOUR")


def lose(world: World, capture: Document) -> Document:
    """The payer has the money back, with or without a complaint at PayPal (a card's bank can do it by itself)."""
    reversed_one = captures.reverse(world, capture)
    if world.store.get("paypal.dispute", str(capture.get("disputed"))):
        _over(world, _open(world, capture), "RESOLVED_BUYER_FAVOUR")
    return reversed_one


def _open(world: World, capture: Document) -> Document:
    dispute = world.store.get("paypal.dispute", str(capture.get("disputed")))
    if dispute is None or dispute["status"] == "RESOLVED":
        raise Refusal("DISPUTE_NOT_OPEN")
    return dispute


def _over(world: World, dispute: Document, outcome: str) -> Document:
    ended = {"status": "RESOLVED", "dispute_state": "RESOLVED", "dispute_outcome": {"outcome_code": outcome}}
    return _said(world, {**dispute, **ended}, "RESOLVED")


def _said(world: World, dispute: Document, what: str) -> Document:
    world.store.put("paypal.dispute", dispute["dispute_id"], dispute)
    notifies.disputed(world, dispute, what)
    return dispute
