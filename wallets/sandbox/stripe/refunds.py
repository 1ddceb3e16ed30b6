"""Refunds, never more than was paid, and disputes that take the money back against our will."""

from wallets.sandbox.store import Document
from wallets.sandbox.stripe import books, events, shapes
from wallets.sandbox.stripe.world import ApiError, World

DISPUTE_FEE = 1500
CARD_CASE = {
    "card": {"brand": "visa", "case_type": "chargeback", "network_reason_code": "10.4", "network": "visa"},
    "type": "card",
}
WEEK = 7 * 86_400
# A bank gives a debit back for eight weeks without a word, and for thirteen months if it was not authorised.
BANK_WINDOW = 13 * 31 * 86_400


def create(world: World, params: Document, fault: Document) -> Document:
    charge = _charge_of(world, params)
    left = charge["amount"] - charge["amount_refunded"]
    text = str(params.get("amount", left))
    if not text.isdigit() or int(text) < 1:
        raise ApiError(400, "Invalid positive integer", code="parameter_invalid_integer", param="amount")
    amount = int(text)
    if charge["refunded"]:
        raise ApiError(400, "Charge has already been refunded.", code="charge_already_refunded")
    if charge["disputed"]:
        raise ApiError(400, "Charge has been charged back.", code="charge_disputed")
    if amount > left:
        raise ApiError(400, "Refund amount is greater than unrefunded amount on charge.", param="amount")
    refund = shapes.body(
        "refund",
        id=world.new_id("re"),
        amount=amount,
        charge=charge["id"],
        created=world.now(),
        currency=charge["currency"],
        destination_details={"card": {"type": "refund"}, "type": "card"},
        metadata=params.get("metadata") or {},
        payment_intent=charge["payment_intent"],
        status="pending",
    )
    total = charge["amount_refunded"] + amount
    world.save({**charge, "amount_refunded": total, "refunded": total == charge["amount"]})
    pending = world.save(refund)
    done = pending if fault["kind"] == "accept_only" else _complete(world, pending)
    events.emit(world, "refund.created", done)
    return done


def _charge_of(world: World, params: Document) -> Document:
    intent = world.get("payment_intent", params.get("payment_intent"), param="payment_intent", status=400)
    charge = world.find("charge", intent["latest_charge"]) if intent["latest_charge"] else None
    if charge is None or charge["status"] != "succeeded":
        text = "This PaymentIntent does not have a successful charge to refund."
        raise ApiError(400, text, code="payment_intent_unexpected_state", param="payment_intent")
    return charge


def _complete(world: World, refund: Document) -> Document:
    booked = books.book(world, "refund", -refund["amount"], refund)
    return world.save({**refund, "status": "succeeded", "balance_transaction": booked["id"]})


def settle(world: World, refund: Document) -> Document:
    if refund["status"] != "pending":
        raise ApiError(400, "The refund is not pending.")
    done = _complete(world, refund)
    events.emit(world, "refund.updated", done)
    return done


def fail(world: World, refund: Document) -> Document:
    """The payer's bank sends the money back to us, perhaps days after it was said to have arrived."""
    charge = world.get("charge", refund["charge"])
    world.save({**charge, "amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False})
    if refund["status"] == "succeeded":
        books.book(world, "refund_failure", refund["amount"], refund)
    failed = world.save({**refund, "status": "failed", "failure_reason": "expired_or_canceled_card"})
    events.emit(world, "refund.failed", failed)
    return failed


def by_hand(world: World, intent: Document, amount: int | None = None) -> Document:
    """The merchant's people give money back on Stripe's own page: no reference of the platform's is on it."""
    part = {"amount": str(amount)} if amount else {}
    return create(world, {"payment_intent": intent["id"], **part}, {"kind": ""})


def dispute(world: World, intent: Document, amount: int | None = None) -> Document:
    """The payer takes the money, or a part, back. A SEPA debit is lost at once; a card dispute can be answered."""
    charge = world.get("charge", intent["latest_charge"])
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise ApiError(400, "There is no charge to dispute.")
    by_bank = charge["payment_method_details"]["type"] == "sepa_debit"
    if by_bank and world.now() > charge["created"] + BANK_WINDOW:
        raise ApiError(400, "The debtor's bank gives nothing back any more.")
    disputed = min(amount or charge["amount"], charge["amount"])
    opened = shapes.body(
        "dispute",
        id=world.new_id("du"),
        amount=disputed,
        charge=charge["id"],
        created=world.now(),
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence_details={
            "due_by": world.now() + WEEK,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "enhanced_eligibility": {},
        },
        payment_intent=intent["id"],
        payment_method_details=None if by_bank else CARD_CASE,
        reason="debit_not_authorized" if by_bank else "fraudulent",
        status="lost" if by_bank else "needs_response",
    )
    booked = books.book(world, "adjustment", -disputed, opened, fee=DISPUTE_FEE)
    world.save({**charge, "disputed": True})
    opened = world.save({**opened, "balance_transactions": [booked]})
    events.emit(world, "charge.dispute.created", opened)
    return opened


def close_dispute(world: World, found: Document, status: str) -> Document:
    if found["status"] != "needs_response":
        raise ApiError(400, "The dispute is closed.")
    if status == "won":
        books.book(world, "adjustment", found["amount"], found)
    closed = world.save({**found, "status": status})
    events.emit(world, "charge.dispute.closed", closed)
    return closed
