"""Money that moved: the count of debits, and the balance transactions that book them with their fees."""

from wallets.sandbox.store import Document
from wallets.sandbox.stripe import shapes
from wallets.sandbox.stripe.world import World

FEE_PER_MILLE = 15
SETTLES_AFTER = 2 * 86_400


def book(world: World, kind: str, amount: int, source: Document, *, fee: int = 0) -> Document:
    """`amount` is negative for money that leaves our balance."""
    details = [{"amount": fee, "application": None, "currency": source["currency"], "description": "Stripe processing"}]
    return world.save(
        shapes.body(
            "balance_transaction",
            id=world.new_id("txn"),
            amount=amount,
            available_on=world.now() + SETTLES_AFTER,
            created=world.now(),
            currency=source["currency"],
            fee=fee,
            fee_details=[{**one, "type": "stripe_fee"} for one in details] if fee else [],
            net=amount - fee,
            reporting_category=kind,
            source=source["id"],
            type=kind,
        )
    )


def move(world: World, fields: Document) -> Document:
    """What no payment moved: `kind` in Stripe's words (`payout`, `adjustment`) and `amount` in minor units."""
    source = {"id": None, "currency": str(fields.get("currency", "usd"))}
    return book(world, str(fields.get("kind", "adjustment")), int(fields.get("amount") or 0), source)


def debit(world: World, intent: Document) -> None:
    """The payer's money: the only place that takes it, and it counts every time."""
    number = world.store.next_number("stripe.debit")
    fields = {name: intent[name] for name in ("amount", "currency", "payment_method", "description")}
    marks = {"payment_intent": intent["id"], "attempt_id": intent["metadata"].get("attempt_id", "")}
    world.store.put("stripe.debit", str(number), {**fields, **marks, "number": number, "at": world.now()})


def fee_of(amount: int) -> int:
    return amount * FEE_PER_MILLE // 1000
