"""Refunds: once per request number, never more than was paid."""

from decimal import Decimal

from wallets.sandbox.alipay import notifies, trades
from wallets.sandbox.alipay.world import Refusal, World, read_amount
from wallets.sandbox.store import Document

CENT = Decimal("0.01")


def refunded(trade: Document) -> Decimal:
    return sum((Decimal(refund["amount"]) for refund in trade["refunds"].values()), Decimal(0))


def refund(world: World, content: Document) -> Document:
    trade = trades.find_asked(world, content)
    amount = read_amount(content.get("refund_amount"), "refund_amount")
    request = str(content.get("out_request_no") or trade["out_trade_no"])
    if content.get("trans_currency", "CNY") != trade["currency"]:
        raise Refusal("ACQ.INVALID_PARAMETER", text="a refund is in the currency of the trade")
    earlier = trade["refunds"].get(request)
    if earlier and earlier["amount"] != amount:
        raise Refusal("ACQ.DISCORDANT_REPEAT_REQUEST")
    if not earlier:
        _move_back(world, trade, request, amount)
    return {
        "out_trade_no": trade["out_trade_no"],
        "trade_no": trade["trade_no"],
        "fund_change": "N" if earlier else "Y",
        "refund_fee": format(refunded(trade).quantize(CENT), "f"),
    }


def cancel(world: World, content: Document) -> Document:
    """Void what is unpaid, give back what was paid; `action` says which, and is missing where there is no trade."""
    reference = str(content.get("out_trade_no", ""))
    answer = {"out_trade_no": reference, "retry_flag": "N"}
    trade = trades.find(world, reference)
    if trade is None:
        return answer
    if "gmt_payment" not in trade:
        return {**answer, **trades.end(world, trade), "action": "close"}
    left = Decimal(trade["total_amount"]) - refunded(trade)
    if left:
        _move_back(world, trade, f"cancel{trade['trade_no']}", format(left.quantize(CENT), "f"))
    return {**answer, "trade_no": trade["trade_no"], "action": "refund"}


def query(world: World, content: Document) -> Document:
    trade = trades.find_asked(world, content)
    request = str(content.get("out_request_no", ""))
    found = trade["refunds"].get(request)
    names = {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"], "out_request_no": request}
    if not found:
        return {}
    currency = {} if trade["currency"] == "CNY" else {"trans_currency": trade["currency"]}
    amounts = {"total_amount": trade["total_amount"], "refund_amount": found["amount"], **currency}
    return {**names, **amounts, "refund_status": "REFUND_SUCCESS", "gmt_refund_pay": found["at"]}


def _move_back(world: World, trade: Document, request: str, amount: str) -> None:
    if trade["status"] != "TRADE_SUCCESS":
        raise Refusal("ACQ.TRADE_NOT_ALLOW_REFUND" if "gmt_payment" in trade else "ACQ.TRADE_STATUS_ERROR")
    if refunded(trade) + Decimal(amount) > Decimal(trade["total_amount"]):
        raise Refusal("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
    trade["refunds"][request] = {"amount": amount, "at": world.stamp()}
    total = refunded(trade)
    if total == Decimal(trade["total_amount"]):
        trade["status"] = "TRADE_CLOSED"
    world.save_trade(trade)
    facts = {"refund_fee": format(total.quantize(CENT), "f"), "gmt_refund": world.stamp(), "out_biz_no": request}
    notifies.trade_changed(world, trade, facts)
