"""Orders and refunds of the simulated bank."""

from wallets.sandbox.bank.world import World, token
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document

LARGEST = 5_000_000
COMPARED = ("txnAmt", "currency", "subject")


def create(world: World, asked: Document, base_url: str) -> Document:
    amount = asked.get("txnAmt", "")
    if not amount.isdigit() or not 1 <= int(amount) <= LARGEST or asked.get("currency") != "CNY":
        raise Refused("1001", "amount or currency")
    if not asked.get("subject") or not asked.get("ordNo", "").isalnum() or len(asked["ordNo"]) > 32:
        raise Refused("1001", "subject or ordNo")
    known = world.store.get("bank.order", asked["ordNo"])
    if known is None:
        known = _open(world, asked)
    if any(known[name] != asked[name] for name in COMPARED) or known["state"] != "WAIT":
        raise Refused("2002", "the number is used")
    address = f"{base_url}/bank/pay/{known['token']}"
    return {"ordNo": known["ordNo"], "bank_order_no": known["bank_order_no"], "qr_code": address}


def query(world: World, asked: Document) -> Document:
    return _facts(world.order(asked.get("ordNo", "")))


def close(world: World, asked: Document) -> Document:
    order = world.order(asked.get("ordNo", ""))
    if order["state"] == "PAID":
        raise Refused("2002", "the order is paid")
    return _facts(world.keep({**order, "state": "CLOSED"}))


def pay(world: World, order: Document) -> Document:
    """Move the money: the only place that does, and it counts every time."""
    order = world.order(order["ordNo"])
    if order["state"] != "WAIT":
        raise Refused("the order is not open")
    paid = world.keep({**order, "state": "PAID", "paid_at": world.stamp()})
    number = str(world.store.next_number("bank.debit"))
    world.store.put("bank.debit", number, {"ordNo": paid["ordNo"], "amount": paid["txnAmt"], "at": paid["paid_at"]})
    world.tell(paid["notify_url"], _facts(paid))
    return paid


def refund(world: World, asked: Document, *, settle: bool) -> Document:
    order, number = world.order(asked.get("ordNo", "")), asked.get("refund_no", "")
    amount = asked.get("refund_amount", "")
    known = order["refunds"].get(number)
    if known and known["amount"] != amount:
        raise Refused("4002", "the refund number is used")
    if known is None:
        _check_refund(order, number, amount)
        state = "DONE" if settle else "RUNNING"
        order["refunds"][number] = {"amount": amount, "state": state, "at": world.stamp()}
        world.keep(order)
        _tell_refund(world, order, number)
    return _refund_facts(order, number)


def refund_query(world: World, asked: Document) -> Document:
    order = world.order(asked.get("ordNo", ""))
    if asked.get("refund_no") not in order["refunds"]:
        raise Refused("2001", "no such refund")
    return _refund_facts(order, asked["refund_no"])


def settle_refund(world: World, number: str, *, succeeds: bool) -> Document:
    order = next((one for one in world.store.all("bank.order") if number in one["refunds"]), None)
    if order is None or order["refunds"][number]["state"] != "RUNNING":
        raise Refused("no such refund is running")
    order["refunds"][number] |= {"state": "DONE" if succeeds else "FAILED", "at": world.stamp()}
    world.keep(order)
    _tell_refund(world, order, number)
    return order


def _open(world: World, asked: Document) -> Document:
    order = {
        "ordNo": asked["ordNo"],
        "txnAmt": asked["txnAmt"],
        "currency": asked["currency"],
        "subject": asked["subject"],
        "notify_url": asked.get("notify_url", ""),
        "expires": asked.get("expires", ""),
        "bank_order_no": f"B{world.stamp()}{world.store.next_number('bank.order'):06d}",
        "state": "WAIT",
        "token": token(),
        "paid_at": "",
        "refunds": {},
    }
    world.store.put("bank.token", order["token"], {"order": order["ordNo"]})
    return world.keep(order)


def _check_refund(order: Document, number: str, amount: str) -> None:
    if order["state"] != "PAID" or not number.isalnum() or not amount.isdigit() or int(amount) < 1:
        raise Refused("4001", "not refundable")
    gone = sum(int(one["amount"]) for one in order["refunds"].values() if one["state"] != "FAILED")
    if gone + int(amount) > int(order["txnAmt"]):
        raise Refused("4002", "more than was paid")


def _facts(order: Document) -> Document:
    names = ("ordNo", "txnAmt", "currency", "bank_order_no", "state", "paid_at")
    gone = sum(int(one["amount"]) for one in order["refunds"].values() if one["state"] == "DONE")
    return {**{name: order[name] for name in names if order[name]}, **({"refund_amount": str(gone)} if gone else {})}


def _refund_facts(order: Document, number: str) -> Document:
    refund = order["refunds"][number]
    names = {"ordNo": order["ordNo"], "bank_order_no": order["bank_order_no"], "currency": order["currency"]}
    return {**names, "refund_no": number, "refund_amount": refund["amount"], "refund_state": refund["state"]}


def _tell_refund(world: World, order: Document, number: str) -> None:
    if order["refunds"][number]["state"] != "RUNNING":
        world.tell(order["notify_url"], _refund_facts(order, number))
