"""Orders of both generations: created, paid once, looked up, closed."""

from datetime import datetime, timedelta

from wallets.sandbox.store import Document
from wallets.sandbox.wechat import contracts, notifies, wire
from wallets.sandbox.wechat.merchant import APP_ID, MCH_ID
from wallets.sandbox.wechat.world import Refusal, World, read_currency, read_fen, read_reference, token

PAID = ("SUCCESS", "REFUND")
LIFE = timedelta(days=7)
H5_MINUTES = 5
COMPARED = ("kind", "total", "currency", "description", "notify_url", "contract_id")


def blank(world: World, **known: object) -> Document:
    return {
        "state": "NOTPAY",
        "token": token(),
        "created": world.stamp(),
        "time_expire": (world.now() + LIFE).isoformat(),
        "contract_id": "",
        "openid": world.payer(),
        "paid_at": "",
        "transaction_id": "",
        "refunds": {},
        "refund_notify_url": known.get("notify_url", ""),
        "err_code": "",
        "execute_at": "",
        "back": "",
        "signs": "",
        **known,
    }


def create(world: World, content: Document, kind: str) -> Document:
    """A new order, or the open one of that number; a number never stands for two different orders."""
    wanted = _wanted(world, content, kind)
    existing = find(world, wanted["out_trade_no"])
    if existing is None:
        world.store.put("wechat.token", wanted["token"], {"order": wanted["out_trade_no"]})
        return world.save_order(wanted)
    if any(existing[name] != wanted[name] for name in COMPARED):
        raise Refusal("OUT_TRADE_NO_USED", status=403)
    if existing["state"] in PAID:
        raise Refusal("ORDERPAID")
    if existing["state"] != "NOTPAY":
        raise Refusal("ORDER_CLOSED")
    return existing


def _wanted(world: World, content: Document, kind: str) -> Document:
    if content.get("appid") != APP_ID or content.get("mchid") != MCH_ID:
        raise Refusal("APPID_MCHID_NOT_MATCH")
    amount, subject, url = content.get("amount"), content.get("description"), content.get("notify_url")
    if not isinstance(amount, dict) or not isinstance(subject, str) or not 0 < len(subject) <= 127:
        raise Refusal("PARAM_ERROR", "amount and description are required")
    if not isinstance(url, str) or "?" in url:
        raise Refusal("PARAM_ERROR", "notify_url must be an address without a query")
    scene = content.get("scene_info") or {}
    if kind == "h5" and not scene.get("payer_client_ip"):
        raise Refusal("PARAM_ERROR", "scene_info.payer_client_ip is required")
    payer = content.get("payer") or {}
    if kind == "jsapi" and not payer.get("openid"):
        raise Refusal("PARAM_ERROR", "payer.openid is required")
    expires = {"time_expire": _expiry(content["time_expire"])} if content.get("time_expire") else {}
    openid = {"openid": payer["openid"]} if payer else {}
    return blank(
        world,
        kind=kind,
        out_trade_no=read_reference(content.get("out_trade_no")),
        total=read_fen(amount.get("total")),
        currency=read_currency(amount.get("currency")),
        description=subject,
        notify_url=url,
        **expires,
        **openid,
    )


def _expiry(text: object) -> str:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Refusal("PARAM_ERROR", "time_expire must be RFC 3339") from error
    if moment.utcoffset() != timedelta(hours=8):
        raise Refusal("PARAM_ERROR", "time_expire must end in +08:00")
    return moment.isoformat()


def find(world: World, reference: str) -> Document | None:
    """The order as it stands now: one that was not paid in time is closed."""
    order = world.order(reference)
    if order and order["state"] == "NOTPAY" and order["time_expire"] <= world.stamp():
        order["state"] = "CLOSED"
        world.save_order(order)
    return order


def find_asked(world: World, reference: object) -> Document:
    order = find(world, str(reference))
    if order is None:
        raise Refusal("ORDER_NOT_EXIST", status=404)
    return order


def pay(world: World, order: Document) -> Document:
    """Move the money: the only place that does, and it counts every time."""
    if order["state"] not in ("NOTPAY", "ACCEPT"):
        raise Refusal("ORDERPAID" if order["state"] in PAID else "ORDER_CLOSED")
    order |= {"state": "SUCCESS", "paid_at": world.stamp(), "transaction_id": world.serial("42000")}
    names = ("out_trade_no", "transaction_id", "total", "currency", "contract_id", "description")
    number = str(world.store.next_number("wechat.debit"))
    debit = {**{name: order[name] for name in names}, "at": order["paid_at"], "number": int(number)}
    world.store.put("wechat.debit", number, debit)
    world.save_order(order)
    (notifies.deducted if order["kind"] == "pap" or order["signs"] else notifies.order_paid)(world, order)
    signs = world.contract(order["signs"])
    if signs and signs["state"] == "pending":
        contracts.sign(world, signs)
    return order


def place(world: World, order: Document, base_url: str) -> str:
    """The address where this order is paid; a new one each time it is asked for."""
    name = token()
    world.store.put("wechat.page", name, {"order": order["out_trade_no"], "made": world.stamp()})
    return f"{base_url}/wechat/{'qr' if order['kind'] == 'native' else 'h5'}/{name}"


def decline(world: World, order: Document, code: str) -> Document:
    """The payer could not pay; the page stays open for another try."""
    if order["state"] != "NOTPAY":
        raise Refusal("ORDERPAID" if order["state"] in PAID else "ORDER_CLOSED")
    return {"out_trade_no": order["out_trade_no"], "declined": code}


def query(world: World, reference: str) -> Document:
    """APIv3 knows the orders made with it; deductions are looked up with APIv2."""
    order = find_asked(world, reference)
    if order["kind"] == "pap":
        raise Refusal("ORDER_NOT_EXIST", status=404)
    return wire.transaction(order)


def close(world: World, reference: str, *, deductions: bool) -> None:
    order = find_asked(world, reference)
    if (order["kind"] == "pap") is not deductions:
        raise Refusal("ORDER_NOT_EXIST", status=404)
    if order["state"] in PAID:
        raise Refusal("ORDERPAID")
    if order["state"] == "CLOSED":
        raise Refusal("ORDER_CLOSED")
    order |= {"state": "CLOSED", "execute_at": ""}
    world.save_order(order)
