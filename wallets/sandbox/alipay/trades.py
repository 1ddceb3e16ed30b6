"""Trades: created, paid once, queried, closed."""

from wallets.sandbox.alipay import notifies
from wallets.sandbox.alipay.world import (
    BUYER_ID,
    BUYER_LOGON,
    Refusal,
    World,
    read_amount,
    read_currency,
    read_local,
    read_reference,
    token,
)
from wallets.sandbox.store import Document

COMPARED = ("total_amount", "currency", "subject", "agreement_no")


def draft(world: World, content: Document, **extra: str) -> Document:
    """The trade a request describes, not stored yet."""
    subject = content.get("subject")
    if not isinstance(subject, str) or not subject:
        raise Refusal("ACQ.INVALID_PARAMETER", text="subject is missing")
    expires = content.get("time_expire")
    return {
        "out_trade_no": read_reference(content.get("out_trade_no"), "out_trade_no"),
        "total_amount": read_amount(content.get("total_amount"), "total_amount"),
        "currency": read_currency(content),
        "subject": subject,
        "time_expire": world.stamp(read_local(expires)) if expires else "",
        "quit_url": content.get("quit_url", ""),
        "agreement_no": "",
        "notify_url": "",
        "return_url": "",
        "method": "",
        "status": "WAIT_BUYER_PAY",
        "token": token(),
        "refunds": {},
        **extra,
    }


def open_trade(world: World, wanted: Document) -> Document:
    """The existing trade of that reference, or a new one; a reference never stands for two different trades."""
    existing = find(world, wanted["out_trade_no"])
    if existing is None:
        numbers = {"trade_no": world.serial("22001"), "gmt_create": world.stamp()}
        world.store.put("alipay.token", wanted["token"], {"trade": wanted["out_trade_no"]})
        return world.save_trade({**wanted, **numbers})
    if any(existing[name] != wanted[name] for name in COMPARED):
        raise Refusal("ACQ.CONTEXT_INCONSISTENT")
    if existing["status"] == "TRADE_CLOSED":
        raise Refusal("ACQ.TRADE_HAS_CLOSE")
    if existing["status"] != "WAIT_BUYER_PAY":
        raise Refusal("ACQ.TRADE_HAS_SUCCESS")
    return existing


def find(world: World, reference: str) -> Document | None:
    """The trade as it stands now: one that was not paid in time is closed."""
    trade = world.trade(reference)
    if trade and trade["status"] == "WAIT_BUYER_PAY" and trade["time_expire"] and trade["time_expire"] <= world.stamp():
        trade["status"] = "TRADE_CLOSED"
        world.save_trade(trade)
    return trade


def find_asked(world: World, content: Document) -> Document:
    trade = find(world, str(content.get("out_trade_no", "")))
    if trade is None:
        raise Refusal("ACQ.TRADE_NOT_EXIST")
    return trade


def pay(world: World, trade: Document) -> Document:
    """Move the money: the only place that does, and it counts every time."""
    if trade["status"] != "WAIT_BUYER_PAY":
        raise Refusal("ACQ.TRADE_HAS_CLOSE" if trade["status"] == "TRADE_CLOSED" else "ACQ.TRADE_HAS_SUCCESS")
    trade |= {"status": "TRADE_SUCCESS", "gmt_payment": world.stamp()}
    names = ("out_trade_no", "trade_no", "total_amount", "currency", "agreement_no", "subject")
    number = str(world.store.next_number("debit"))
    debit = {**{name: trade[name] for name in names}, "at": trade["gmt_payment"], "number": int(number)}
    world.store.put("alipay.debit", number, debit)
    world.save_trade(trade)
    notifies.trade_changed(world, trade)
    return trade


def decline(world: World, trade: Document, code: str) -> Document:
    """The payer could not pay. On a page there is another try; an accepted charge by agreement is over for good."""
    if trade["status"] != "WAIT_BUYER_PAY":
        raise Refusal("ACQ.TRADE_STATUS_ERROR")
    if trade["agreement_no"]:
        world.save_trade({**trade, "status": "TRADE_CLOSED"})
    return {"out_trade_no": trade["out_trade_no"], "declined": code}


def money(trade: Document) -> dict[str, str]:
    amount = {"total_amount": trade["total_amount"]}
    return amount if trade["currency"] == "CNY" else {**amount, "trans_currency": trade["currency"]}


def query(world: World, content: Document) -> Document:
    trade = find_asked(world, content)
    names = {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"], **money(trade)}
    paid = {"send_pay_date": trade["gmt_payment"]} if "gmt_payment" in trade else {}
    buyer = {"buyer_logon_id": BUYER_LOGON, "buyer_user_id": BUYER_ID}
    return {**names, **buyer, "trade_status": trade["status"], **paid}


def close(world: World, content: Document) -> Document:
    """An accepted charge is being paid: Alipay does not close it, it can only be cancelled."""
    trade = find_asked(world, content)
    if trade["status"] != "WAIT_BUYER_PAY" or trade.get("in_progress"):
        raise Refusal("ACQ.TRADE_STATUS_ERROR")
    return end(world, trade)


def end(world: World, trade: Document) -> Document:
    world.save_trade({**trade, "status": "TRADE_CLOSED"})
    return {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"]}
