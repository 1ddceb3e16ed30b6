"""Checkout sessions: a hosted page on which a payment is made or a payment method saved."""

from wallets.sandbox.store import Document
from wallets.sandbox.stripe import events, intents, methods, shapes
from wallets.sandbox.stripe.world import ApiError, World

SHORTEST, LONGEST = 30 * 60, 24 * 3600
# The product moves its clock and ours in two steps.
CLOCK_SLACK = 5
TYPES = ("card", "link", "sepa_debit", "alipay", "wechat_pay")
SAVED_TYPES = ("card", "link", "sepa_debit")


def create(world: World, params: Document, base_url: str) -> Document:
    mode = params.get("mode")
    if mode not in ("payment", "setup"):
        raise ApiError(400, "mode must be payment or setup", param="mode", code="parameter_missing")
    if not str(params.get("success_url", "")).startswith(("http://", "https://")):
        raise ApiError(400, "Not a valid URL", param="success_url", code="url_invalid")
    types = params.get("payment_method_types") or ["card"]
    _check_types(params, types, saved=mode == "setup" or "setup_future_usage" in _intent_data(params))
    name = world.new_id("cs_test", 58)
    expires = _expires(world, params)
    session = shapes.body(
        "checkout.session",
        id=name,
        cancel_url=params.get("cancel_url"),
        client_reference_id=params.get("client_reference_id"),
        created=world.now(),
        customer=_customer(world, params),
        customer_creation=params.get("customer_creation") or ("if_required" if mode == "payment" else None),
        expires_at=expires,
        metadata=params.get("metadata") or {},
        mode=mode,
        payment_method_options=params.get("payment_method_options") or {},
        payment_method_types=types,
        payment_status="unpaid" if mode == "payment" else "no_payment_required",
        status="open",
        success_url=params["success_url"],
        url=f"{base_url}/stripe/checkout/{name}",
    )
    session |= _payment_part(params, types) if mode == "payment" else _setup_part(world, params, session)
    world.store.put("stripe.page", name, {"intent_data": _intent_data(params), "subject": _subject(params)})
    return world.save(session)


def _intent_data(params: Document) -> Document:
    return params.get("payment_intent_data") or params.get("setup_intent_data") or {}


def _subject(params: Document) -> str:
    items = params.get("line_items") or [{}]
    return items[0].get("price_data", {}).get("product_data", {}).get("name") or _intent_data(params).get(
        "description", ""
    )


def _customer(world: World, params: Document) -> str | None:
    if "customer" not in params:
        return None
    return world.get("customer", params["customer"], param="customer", status=400)["id"]


def _expires(world: World, params: Document) -> int:
    now = world.now()
    text = str(params.get("expires_at", now + LONGEST))
    allowed = range(now + SHORTEST - CLOCK_SLACK, now + LONGEST + CLOCK_SLACK)
    if not text.isdigit() or int(text) not in allowed:
        raise ApiError(400, "expires_at must be between 30 minutes and 24 hours from now.", param="expires_at")
    return int(text)


def _check_types(params: Document, types: list[str], *, saved: bool) -> None:
    unknown = [one for one in types if one not in TYPES]
    unsavable = [one for one in types if saved and one not in SAVED_TYPES]
    options = params.get("payment_method_options") or {}
    if unknown or unsavable:
        raise ApiError(400, f"{(unknown + unsavable)[0]} cannot be used here.", param="payment_method_types")
    if "wechat_pay" in types and (options.get("wechat_pay") or {}).get("client") != "web":
        raise ApiError(400, "wechat_pay needs client=web.", param="payment_method_options[wechat_pay][client]")


def _payment_part(params: Document, types: list[str]) -> Document:
    try:
        data = params["line_items"][0]["price_data"]
        named = bool(data["product_data"]["name"])
    except (KeyError, IndexError, TypeError) as error:
        raise ApiError(400, "line_items are needed.", param="line_items", code="parameter_missing") from error
    amount = intents.read_amount({"amount": data.get("unit_amount"), "currency": data.get("currency")})
    if not named or ("sepa_debit" in types and data["currency"] != "eur"):
        raise ApiError(400, "A payment method cannot be used with this currency.", param="payment_method_types")
    totals = {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}
    money = {"amount_total": amount, "amount_subtotal": amount, "currency": data["currency"]}
    return {**money, "total_details": totals}


def _setup_part(world: World, params: Document, session: Document) -> Document:
    name = world.new_id("seti")
    data = _intent_data(params)
    intent = shapes.body(
        "setup_intent",
        id=name,
        client_secret=f"{name}_secret_{world.new_id('x')[2:]}",
        created=world.now(),
        customer=session["customer"],
        description=data.get("description"),
        metadata=data.get("metadata") or {},
        payment_method_types=session["payment_method_types"],
        status="requires_payment_method",
    )
    world.save(intent)
    return {"setup_intent": name}


def age(world: World, session: Document) -> Document:
    over = session["status"] == "open" and world.now() >= session["expires_at"]
    return expire(world, session) if over else session


def expire(world: World, session: Document) -> Document:
    if session["status"] != "open":
        text = f"Only Checkout Sessions with a status of open can be expired. This one is {session['status']}."
        raise ApiError(400, text)
    ended = world.save({**session, "status": "expired", "url": None})
    intent = world.find("payment_intent", session["payment_intent"]) if session["payment_intent"] else None
    if intent and intent["status"] in intents.NOT_PAID:
        intents.cancel(world, intent)
    events.emit(world, "checkout.session.expired", ended)
    return ended


def choose(world: World, session: Document, choice: str, fault: Document) -> Document:
    """The payer presses the button: pays, or saves the method. Raises `ApiError` for a decline."""
    if session["status"] != "open":
        raise ApiError(400, "This page has ended.", code="checkout_session_closed")
    if choice not in methods.CHOICES or methods.CHOICES[choice].type not in session["payment_method_types"]:
        raise ApiError(400, "This cannot be chosen here.", param="choice")
    method = methods.new_method(world, choice)
    if session["mode"] == "setup":
        return _save_method(world, session, method, fault)
    intent = _intent_of(world, session)
    session = world.get("checkout.session", session["id"])
    intent = intents.attempt(world, intent, method, fault=fault, payer_here=True)
    return finish(world, session, intent)


def _intent_of(world: World, session: Document) -> Document:
    if session["payment_intent"]:
        return world.get("payment_intent", session["payment_intent"])
    data = (world.store.get("stripe.page", session["id"]) or {})["intent_data"]
    money = {"amount": session["amount_total"], "currency": session["currency"]}
    types = {"payment_method_types": session["payment_method_types"], "customer": session["customer"]}
    intent = intents.create(world, {**data, **money, **types})
    world.save({**session, "payment_intent": intent["id"]})
    return intent


def finish(world: World, session: Document, intent: Document) -> Document:
    """The page is over once the money moved or is on its way."""
    if intent["status"] not in ("succeeded", "processing"):
        return session
    if session["customer_creation"] == "always" and not session["customer"]:
        session["customer"] = methods.new_customer(world, {})["id"]
    if intent["setup_future_usage"] and session["customer"]:
        methods.attach(world, world.get("payment_method", intent["payment_method"]), session["customer"])
        world.save({**world.get("payment_intent", intent["id"]), "customer": session["customer"]})
    paid = "paid" if intent["status"] == "succeeded" else "unpaid"
    return world.save({**session, "status": "complete", "payment_status": paid, "url": None})


def _save_method(world: World, session: Document, method: Document, fault: Document) -> Document:
    intent = world.get("setup_intent", session["setup_intent"])
    choice = methods.choice_of(world, method["id"])
    decline = (fault["code"] or "generic_decline") if fault["kind"] == "decline" else ""
    if decline:
        error = intents.error_of(decline)
        failed = world.save({**intent, "last_setup_error": error})
        events.emit(world, "setup_intent.setup_failed", failed)
        raise ApiError(402, error["message"], **{name: value for name, value in error.items() if name != "message"})
    methods.attach(world, method, session["customer"])
    agreed = _mandate(world, method)["id"] if choice.type == "sepa_debit" else None
    done = {"status": "succeeded", "payment_method": method["id"], "mandate": agreed}
    saved = world.save({**intent, **done})
    finished = world.save({**session, "status": "complete", "url": None})
    events.emit(world, "setup_intent.succeeded", saved)
    return finished


def _mandate(world: World, method: Document) -> Document:
    name = world.new_id("mandate")
    online = {"ip_address": "127.0.0.1", "user_agent": "sandbox"}
    reference = {"reference": name[-12:].upper(), "url": ""}
    fields = {
        "customer_acceptance": {"accepted_at": world.now(), "online": online, "type": "online"},
        "payment_method": method["id"],
        "payment_method_details": {"sepa_debit": reference, "type": "sepa_debit"},
    }
    return world.save(shapes.body("mandate", id=name, status="active", **fields))
