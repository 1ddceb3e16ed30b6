"""Refunds: once for each number, never more than was paid, for a year, at most fifty of one order."""

from datetime import datetime, timedelta

from wallets.sandbox.store import Document
from wallets.sandbox.wechat import notifies, orders, wire
from wallets.sandbox.wechat.world import Refusal, World, read_fen, read_reference

MOST = 50
LIFE = timedelta(days=365)
COUNTING = ("SUCCESS", "PROCESSING")


def refund(world: World, content: Document, *, accept_only: bool) -> Document:
    order = orders.find_asked(world, content.get("out_trade_no"))
    if order["kind"] == "pap" and world.is_on("deductions_of_v2"):
        raise Refusal("RESOURCE_NOT_EXISTS", "the order does not exist", status=404)
    number = read_reference(content.get("out_refund_no"), "out_refund_no")
    amounts = content.get("amount") or {}
    amount = read_fen(amounts.get("refund"))
    if read_fen(amounts.get("total")) != order["total"] or amounts.get("currency") != order["currency"]:
        raise Refusal("PARAM_ERROR", "total and currency are those of the order")
    earlier = order["refunds"].get(number)
    if earlier and earlier["amount"] != amount:
        raise Refusal("INVALID_REQUEST", "the refund number stands for another amount")
    if earlier:
        return wire.refund(order, earlier)
    _check(world, order, amount)
    one = {"out_refund_no": number, "refund_id": world.serial("50300"), "amount": amount, "created": world.stamp()}
    order["refunds"][number] = one | {"status": "PROCESSING", "at": ""}
    order["state"] = "REFUND"
    world.save_order(order)
    world.store.put("wechat.refund", number, {"order": order["out_trade_no"]})
    if not accept_only:
        finish(world, number, "SUCCESS")
        order = orders.find_asked(world, order["out_trade_no"])
    return wire.refund(order, order["refunds"][number])


def _check(world: World, order: Document, amount: int) -> None:
    if order["state"] not in orders.PAID:
        raise Refusal("INVALID_REQUEST", "the order was not paid")
    if world.now() > datetime.fromisoformat(order["paid_at"]) + LIFE:
        raise Refusal("INVALID_REQUEST", "the order is older than a year")
    given = [one["amount"] for one in order["refunds"].values() if one["status"] in COUNTING]
    if len(given) >= MOST or sum(given) + amount > order["total"]:
        raise Refusal("INVALID_REQUEST", "more than was paid, or more than fifty refunds")


def finish(world: World, number: str, status: str) -> Document:
    order = orders.find_asked(world, (world.store.get("wechat.refund", number) or {}).get("order"))
    one = order["refunds"][number]
    if one["status"] != "PROCESSING":
        raise Refusal("INVALID_REQUEST", "the refund is finished")
    one |= {"status": status, "at": world.stamp() if status == "SUCCESS" else ""}
    one |= {"closed": world.stamp()} if status == "CLOSED" else {}
    world.save_order(order)
    notifies.refund_changed(world, order, one)
    return one


def query(world: World, number: str) -> Document:
    known = world.store.get("wechat.refund", number)
    if known is None:
        raise Refusal("RESOURCE_NOT_EXISTS", status=404)
    order = orders.find_asked(world, known["order"])
    return wire.refund(order, order["refunds"][number])
