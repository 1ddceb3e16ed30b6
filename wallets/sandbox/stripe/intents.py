"""Payment intents and their charges: created, tried, confirmed by the payer, paid, failed, cancelled."""

from typing import Any

from wallets.sandbox.store import Document
from wallets.sandbox.stripe import books, events, methods, shapes
from wallets.sandbox.stripe.world import ApiError, World

SMALLEST = {"usd": 50, "eur": 50, "gbp": 30, "hkd": 400, "jpy": 50, "sek": 300, "aed": 200}
MOST = 99_999_999
TENS_ONLY = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
HUNDREDS_ONLY = frozenset({"isk", "ugx"})
SEPA_MOST = 1_000_000
# A bank debit takes days; the real one up to fourteen working days.
DEBIT_SECONDS = 5 * 86_400
SLOW = frozenset({"sepa_debit"})
BANK_FACTS = ("bank_code", "branch_code", "country", "fingerprint", "last4")
# Error codes that are codes of their own; everything else a card's bank says is a decline_code of card_declined.
OWN_CODES = frozenset(
    {"expired_card", "incorrect_cvc", "incorrect_number", "processing_error", "authentication_required"}
)
NOT_PAID = ("requires_payment_method", "requires_confirmation", "requires_action")


def read_amount(params: Document, name: str = "amount") -> int:
    text, currency = str(params.get(name, "")), str(params.get("currency", "")).lower()
    if not text.isascii() or not text.isdigit():
        raise ApiError(400, f"Invalid integer: {text[:40]}", code="parameter_invalid_integer", param=name)
    amount = int(text)
    if amount < SMALLEST.get(currency, 1):
        raise ApiError(400, "Amount must be larger.", code="amount_too_small", param=name)
    if amount > MOST:
        raise ApiError(400, "Amount must be no more than 8 digits.", code="amount_too_large", param=name)
    if (currency in TENS_ONLY and amount % 10) or (currency in HUNDREDS_ONLY and amount % 100):
        raise ApiError(400, "Amount is not possible in this currency.", code="invalid_amount", param=name)
    return amount


def create(world: World, params: Document) -> Document:
    if not params.get("currency"):
        raise ApiError(400, "Missing required param: currency.", code="parameter_missing", param="currency")
    amount = read_amount(params)
    name = world.new_id("pi")
    return world.save(
        shapes.body(
            "payment_intent",
            id=name,
            amount=amount,
            client_secret=f"{name}_secret_{world.new_id('x')[2:]}",
            created=world.now(),
            currency=str(params["currency"]).lower(),
            customer=params.get("customer"),
            description=params.get("description"),
            metadata=params.get("metadata") or {},
            payment_method_types=params.get("payment_method_types") or ["card"],
            setup_future_usage=params.get("setup_future_usage"),
            status="requires_payment_method",
        )
    )


def check_method(world: World, params: Document) -> Document:
    """The saved method of an off-session payment, with the customer it belongs to."""
    method = world.get("payment_method", params.get("payment_method"), param="payment_method", status=400)
    if not method["customer"] or method["customer"] != params.get("customer"):
        text = "The payment method does not belong to this customer, or was detached and may not be used again."
        raise ApiError(400, text, param="payment_method", code="payment_method_unexpected_state")
    if method["type"] not in (params.get("payment_method_types") or ["card"]):
        raise ApiError(400, "This type of payment method is not listed.", param="payment_method_types")
    if method["type"] == "sepa_debit" and (params.get("currency") != "eur" or read_amount(params) > SEPA_MOST):
        raise ApiError(400, "SEPA takes euro up to 10,000.", param="amount", code="amount_too_large")
    if method["type"] == "sepa_debit" and not methods.agreed(world, method):
        raise ApiError(400, "The mandate is not active.", param="mandate", code="payment_intent_mandate_invalid")
    return method


def attempt(
    world: World,
    intent: Document,
    method: Document,
    *,
    fault: Document,
    payer_here: bool,
    asked: Document | None = None,
) -> Document:
    """One try to take the money. A refusal is written on the intent and raised. `asked`: where a payer who is not on
    a page of ours is asked, and led back to."""
    choice = methods.choice_of(world, method["id"])
    intent = {**intent, "payment_method": method["id"], "customer": intent["customer"] or method["customer"]}
    decline = fault["code"] or "insufficient_funds" if fault["kind"] == "decline" else choice.decline
    if method["type"] == "card" and _card_over(world, method["card"]):
        decline = decline or "expired_card"
    if choice.asks and not decline:
        if payer_here:
            return _ask_payer(world, intent, asked)
        decline = "authentication_required"
    if decline:
        return refuse(world, intent, decline)
    if method["type"] in SLOW or fault["kind"] == "accept_only":
        return _accept(world, intent)
    return pay(world, intent)


def _card_over(world: World, card: Document) -> bool:
    today = world.clock.now()
    return (card["exp_year"], card["exp_month"]) < (today.year, today.month)


def _ask_payer(world: World, intent: Document, where: Document | None) -> Document:
    """A merchant that names no page to return to has to ask the payer by Stripe's own script."""
    base, back = (where["base_url"], where["return_url"]) if where else ("", None)
    place = {"return_url": back, "url": f"{base}/stripe/confirm/{intent['id']}"}
    by_script = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    action = by_script if where and not back else {"type": "redirect_to_url", "redirect_to_url": place}
    asked = world.save({**intent, "status": "requires_action", "next_action": action})
    events.emit(world, "payment_intent.requires_action", asked)
    return asked


def _accept(world: World, intent: Document) -> Document:
    charge = _charge(world, intent, status="pending")
    accepted = {**intent, "status": "processing", "latest_charge": charge["id"], "next_action": None}
    world.save(accepted)
    events.emit(world, "payment_intent.processing", accepted)
    return accepted


def pay(world: World, intent: Document) -> Document:
    """Move the money, once."""
    if intent["status"] == "succeeded":
        raise ApiError(400, "The payment intent has succeeded already.", code="payment_intent_unexpected_state")
    intent = {**intent, "status": "succeeded", "amount_received": intent["amount"], "next_action": None}
    intent["last_payment_error"] = None
    pending = world.find("charge", intent["latest_charge"]) if intent["latest_charge"] else None
    charge = pending if pending and pending["status"] == "pending" else _charge(world, intent, status="succeeded")
    booked = books.book(world, "charge", intent["amount"], charge, fee=books.fee_of(intent["amount"]))
    paid = {"status": "succeeded", "paid": True, "captured": True, "amount_captured": intent["amount"]}
    world.save({**charge, **paid, "balance_transaction": booked["id"]})
    world.save({**intent, "latest_charge": charge["id"]})
    books.debit(world, intent)
    settled = world.get("payment_intent", intent["id"])
    events.emit(world, "payment_intent.succeeded", settled)
    return settled


def error_of(code: str) -> Document:
    """How the bank's word looks in an error: `decline/advice`, or a decline alone."""
    decline, _, advice = code.partition("/")
    own = decline if decline in OWN_CODES else "card_declined"
    said = {"advice_code": advice} if advice else {}
    return {"type": "card_error", "code": own, "decline_code": decline, "message": "Your card was declined.", **said}


def refuse(world: World, intent: Document, code: str) -> Document:
    error = error_of(code)
    charge = _charge(world, intent, status="failed", error=error)
    failed = {
        **intent,
        "status": "requires_payment_method",
        "payment_method": None,
        "latest_charge": charge["id"],
        "last_payment_error": {**error, "charge": charge["id"]},
        "next_action": None,
    }
    world.save(failed)
    events.emit(world, "payment_intent.payment_failed", failed)
    raise ApiError(402, **_as_text(error), charge=charge["id"], payment_intent=failed)


def _as_text(error: Document) -> dict[str, Any]:
    return {"text": error["message"], **{name: value for name, value in error.items() if name != "message"}}


def cancel(world: World, intent: Document, reason: str = "") -> Document:
    if intent["status"] not in NOT_PAID:
        text = f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
        raise ApiError(400, text, code="payment_intent_unexpected_state")
    fields = {"status": "canceled", "canceled_at": world.now(), "cancellation_reason": reason or None}
    ended = world.save({**intent, **fields, "next_action": None})
    events.emit(world, "payment_intent.canceled", ended)
    return ended


def age(world: World, intent: Document) -> Document:
    """A bank debit is paid by itself after some days."""
    slow = intent["status"] == "processing" and world.now() >= intent["created"] + DEBIT_SECONDS
    return pay(world, intent) if slow else intent


def fail_debit(world: World, intent: Document, code: str) -> Document:
    """The debtor's bank refuses a debit that was being processed: `code` is its return code, as Stripe spells it."""
    if intent["status"] != "processing":
        raise ApiError(400, "The payment is not being processed.", code="payment_intent_unexpected_state")
    error = {"type": "card_error", "code": code, "message": "The bank refused the debit."}
    failed = {**intent, "status": "requires_payment_method", "payment_method": None, "last_payment_error": error}
    charge = world.get("charge", intent["latest_charge"])
    world.save({**charge, "status": "failed", "failure_code": code})
    world.save(failed)
    events.emit(world, "payment_intent.payment_failed", failed)
    return failed


def _told(world: World, method: Document) -> Document:
    """What a charge says of the way it was paid; of a bank debit the mandate, too."""
    known: Document = method.get(method["type"]) or {}
    if method["type"] not in SLOW:
        return known
    mandate = next((one["id"] for one in methods.agreed(world, method)), None)
    return {**{name: known[name] for name in BANK_FACTS}, "mandate": mandate}


def _charge(world: World, intent: Document, *, status: str, error: Document | None = None) -> Document:
    method = world.find("payment_method", intent["payment_method"]) or {"type": "card"}
    details = {"type": method["type"], method["type"]: _told(world, method)}
    name = world.new_id("ch")
    return world.save(
        shapes.body(
            "charge",
            id=name,
            amount=intent["amount"],
            billing_details=shapes.billing(),
            created=world.now(),
            currency=intent["currency"],
            customer=intent["customer"],
            description=intent["description"],
            failure_code=error["code"] if error else None,
            failure_message=error["message"] if error else None,
            metadata=dict(intent["metadata"]),
            outcome=shapes.outcome(error),
            payment_intent=intent["id"],
            payment_method=intent["payment_method"],
            payment_method_details=details,
            refunds={"data": [], "has_more": False, "object": "list", "url": f"/v1/charges/{name}/refunds"},
            status=status,
        )
    )
