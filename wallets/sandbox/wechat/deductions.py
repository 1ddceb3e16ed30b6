"""Deductions and their notices, with WeChat's own rules; a deduction is accepted first and runs later."""

from datetime import date, datetime, timedelta

from wallets.sandbox.store import Document
from wallets.sandbox.wechat import contracts, notifies, orders, wire
from wallets.sandbox.wechat.merchant import APP_ID, MCH_ID, PLAN_LIMIT
from wallets.sandbox.wechat.world import Refusal, World, read_currency, read_fen, read_reference

OPENS, CLOSES = 7, 22
WAITING_DAYS = 2
LONGEST_DURATION, DEFAULT_DURATION = 3, 7
PER_CYCLE = 2
DELAY = timedelta(hours=24)


def announce(world: World, number: str, content: Document) -> None:
    """Idempotent and counted: the same notice again is refused as one that exists."""
    _check_hours(world)
    contract = _charged_contract(world, number)
    estimated = content.get("estimated_amount") or {}
    if content.get("appid") != APP_ID or content.get("mchid") != MCH_ID:
        raise Refusal("APPID_MCHID_NOT_MATCH")
    amount = read_fen(estimated.get("amount"))
    if amount > PLAN_LIMIT:
        raise Refusal("INVALID_REQUEST", "more than the plan allows")
    terms = {"amount": amount, "currency": read_currency(estimated.get("currency")), "days": _duration(content)}
    notice = contract["notice"]
    if notice and not notice["used"] and world.now().date() <= _last_day(notice):
        same = all(notice[name] == value for name, value in terms.items())
        raise Refusal("RESOURCE_ALREADY_EXISTS" if same else "INVALID_REQUEST", "a notice was given already")
    contract["notice"] = {**terms, "day": world.now().date().isoformat(), "used": False}
    world.save_contract(contract)
    name = str(world.store.next_number("wechat.notice"))
    world.store.put("wechat.notice", name, {"contract_id": number, **contract["notice"]})


def _duration(content: Document) -> int:
    asked = content.get("deduct_duration")
    if asked is None:
        return DEFAULT_DURATION
    count = asked.get("count")
    if asked.get("unit") != "DAY" or not isinstance(count, int) or not 1 <= count <= LONGEST_DURATION:
        raise Refusal("PARAM_ERROR", "deduct_duration is 1 to 3 days")
    return count


def _last_day(notice: Document) -> date:
    return date.fromisoformat(notice["day"]) + timedelta(days=WAITING_DAYS - 1 + notice["days"])


def apply(world: World, fields: dict[str, str], *, accept_only: bool) -> dict[str, str]:
    """`pappayapply`: a good answer says accepted, no more."""
    reference, total = read_reference(fields.get("out_trade_no")), read_fen(fields.get("total_fee"))
    if fields.get("trade_type") != "PAP" or not fields.get("notify_url") or not fields.get("body"):
        raise Refusal("PARAM_ERROR", "trade_type, notify_url and body are required")
    number, currency = fields.get("contract_id", ""), read_currency(fields.get("fee_type"))
    _check_repeat(orders.find(world, reference), {"contract_id": number, "total": total, "currency": currency})
    contract = _charged_contract(world, number)
    _check_rules(world, contract, total, currency)
    delayed = world.is_on("delay_mode") and not contracts.fresh(world, contract)
    order = orders.blank(
        world,
        kind="pap",
        state="ACCEPT",
        out_trade_no=reference,
        total=total,
        currency=currency,
        description=fields["body"],
        notify_url=fields["notify_url"],
        contract_id=number,
        openid=contract["openid"],
        execute_at=(world.now() + DELAY).isoformat() if delayed else "",
    )
    world.save_order(order)
    if not (accept_only or delayed):
        execute(world, order)
    return {}


def _check_repeat(existing: Document | None, wanted: Document) -> None:
    if existing is None:
        return
    if existing["kind"] != "pap" or any(existing[name] != value for name, value in wanted.items()):
        raise Refusal("OUT_TRADE_NO_USED")
    codes = {"ACCEPT": "ORDER_ACCEPTED", "CLOSED": "ORDERCLOSED"}
    raise Refusal(codes.get(existing["state"], "ORDERPAID"))


def _charged_contract(world: World, number: str) -> Document:
    contract = world.contract(number)
    if contract is None or contract["state"] == "ended":
        raise Refusal("CONTRACT_NOT_EXIST")
    if contract["state"] != "active":
        raise Refusal("CONTRACT_NOT_CONFIRM")
    if contracts.is_over(world, contract):
        raise Refusal("CONTRACTERROR", "the contract has run out")
    return contract


def _check_hours(world: World) -> None:
    if not OPENS <= world.now().hour < CLOSES:
        raise Refusal("INVALID_REQUEST", "only from 07:00 to 22:00 Beijing time")


def _check_rules(world: World, contract: Document, total: int, currency: str) -> None:
    _check_hours(world)
    if total > PLAN_LIMIT:
        raise Refusal("INVALID_REQUEST", "more than the plan allows")
    if any(order["contract_id"] == contract["contract_id"] for order in _accepted(world)):
        raise Refusal("FREQUENCY_LIMITED", "a deduction of this contract is under way")
    today = world.now().date().isoformat()
    if today in contract["charged"] or sum(day[:7] == today[:7] for day in contract["charged"]) >= PER_CYCLE:
        raise Refusal("RULELIMIT", "one success a day, two a month")
    if not (contracts.fresh(world, contract) or world.is_on("delay_mode")):
        _check_notice(world, contract["notice"], total, currency)


def _check_notice(world: World, notice: Document | None, total: int, currency: str) -> None:
    if notice is None or notice["used"]:
        raise Refusal("INVALID_REQUEST", "the payer was given no notice")
    first = date.fromisoformat(notice["day"]) + timedelta(days=WAITING_DAYS)
    if not first <= world.now().date() <= _last_day(notice):
        raise Refusal("INVALID_REQUEST", "too early or too late after the notice")
    if total > notice["amount"] or currency != notice["currency"]:
        raise Refusal("INVALID_REQUEST", "more than the notice said")


def _accepted(world: World) -> list[Document]:
    return [order for order in world.store.all("wechat.order") if order["kind"] == "pap" and order["state"] == "ACCEPT"]


def execute(world: World, order: Document) -> Document:
    """Try to take the money. A deduction that fails is closed for ever: another try needs another number."""
    if order["state"] != "ACCEPT":
        raise Refusal("ORDERPAID" if order["state"] in orders.PAID else "ORDERCLOSED")
    try:
        contract = _charged_contract(world, order["contract_id"])
        fault = world.strike("deduction", writes=True) if _decline_waits(world) else {"kind": ""}
        if fault["kind"] == "decline":
            raise Refusal(fault["code"] or "NOTENOUGH")
    except Refusal as refusal:
        return fail(world, order, refusal.code)
    contract["charged"] = [*contract["charged"], world.now().date().isoformat()]
    if contract["notice"]:
        contract["notice"]["used"] = True
    world.save_contract(contract)
    return orders.pay(world, order)


def fail(world: World, order: Document, code: str) -> Document:
    if order["state"] != "ACCEPT":
        raise Refusal("ORDERPAID" if order["state"] in orders.PAID else "ORDERCLOSED")
    order |= {"state": "CLOSED", "err_code": code, "execute_at": ""}
    world.save_order(order)
    notifies.deducted(world, order)
    return order


def _decline_waits(world: World) -> bool:
    return any(fault["kind"] == "decline" and fault["method"] in ("", "deduction") for fault in world.faults.waiting())


def sweep(world: World) -> None:
    """Run what was put off until now."""
    for order in _accepted(world):
        if order["execute_at"] and datetime.fromisoformat(order["execute_at"]) <= world.now():
            execute(world, order)


def query(world: World, fields: dict[str, str]) -> dict[str, str]:
    order = orders.find(world, fields.get("out_trade_no", ""))
    if order is None:
        raise Refusal("ORDERNOTEXIST")
    known = {"out_trade_no": order["out_trade_no"], "trade_state": order["state"], "openid": order["openid"]}
    if order["paid_at"]:
        return {**known, **wire.paid_v2(order)}
    amount = {"total_fee": str(order["total"]), "fee_type": order["currency"]}
    return {**known, **amount, "trade_type": wire.TRADE_TYPES[order["kind"]], "trade_state_desc": order["state"]}
