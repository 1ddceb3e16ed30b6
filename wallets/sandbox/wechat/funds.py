"""Every movement of the merchant's balance: what trades and refunds moved, their fees, and what came by other ways."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from wallets.sandbox.store import Document
from wallets.sandbox.wechat import wire
from wallets.sandbox.wechat.world import Refusal, World, yuan

FEE_RATE = Decimal("0.006")
OPENING = 10_000_000
HEADER = (
    "记账时间", "微信支付业务单号", "资金流水单号", "业务名称", "业务类型", "收支类型", "收支金额(元)",
    "账户结余(元)", "资金变更提交申请人", "备注", "业务凭证号", "货币种类",
)  # fmt: skip
TOTALS = ("资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额")
# What WeChat calls a movement, and the wider name it files it under.
NAMES = {
    "交易": "交易",
    "扣除交易手续费": "交易",
    "退款": "退款",
    "退还交易手续费": "退款",
    "退款关闭": "退款",
    "提现": "充值/提现",
    "充值": "充值/提现",
}


def move(world: World, fields: Document) -> Document:
    """What does not come from an order: `kind` in WeChat's words, `amount` in fen with its sign, and `reference`."""
    try:
        fen = int(fields.get("amount") or 0)
    except ValueError as error:
        raise Refusal("PARAM_ERROR", "an amount is a whole number of fen") from error
    if not fen or not fields.get("kind"):
        raise Refusal("PARAM_ERROR", "kind and amount are required")
    voucher = str(fields.get("reference") or "")
    moved = _moved(str(fields["kind"]), world.stamp(), fen, trade=world.serial("10000"), voucher=voucher)
    return world.store.put("wechat.movement", moved["trade"], moved)


def rows(world: World, day: str) -> list[list[str]]:
    found, balance = [], OPENING
    for number, moved in enumerate(sorted(filter(_counts, _all(world)), key=lambda one: one["at"])):
        balance += moved["fen"]
        if moved["at"].startswith(day):
            found.append(_row(moved, f"19{number:030d}", balance))
    return found


def totals(table: list[list[str]]) -> list[str]:
    ways = {way: [Decimal(row[6]) for row in table if row[5] == way] for way in ("收入", "支出")}
    counted = [text for sums in ways.values() for text in (f"{len(sums)}.0", f"{sum(sums, Decimal(0)):.2f}")]
    return [f"{len(table)}.0", *counted]


def _all(world: World) -> Iterator[Document]:
    for order in world.store.all("wechat.order"):
        yield from _of_order(order)
    yield from world.store.all("wechat.movement")


def _of_order(order: Document) -> Iterator[Document]:
    names = {"trade": order["transaction_id"], "voucher": order["out_trade_no"], "currency": order["currency"]}
    if order["paid_at"]:
        yield _moved("交易", order["paid_at"], order["total"], **names)
        yield _moved("扣除交易手续费", order["paid_at"], -_fee(order["total"]), **names)
    for one in order["refunds"].values():
        names |= {"trade": one["refund_id"], "voucher": one["out_refund_no"]}
        yield _moved("退款", one["created"], -one["amount"], **names)
        yield _moved("退还交易手续费", one["created"], _fee(one["amount"]), **names)
        if one["status"] == "CLOSED":
            names |= {"voucher": order["out_trade_no"]}
            yield _moved("退款关闭", one["closed"], one["amount"], **names)


def _moved(kind: str, at: str, fen: int, *, trade: str, voucher: str, currency: str = "CNY") -> Document:
    return {"kind": kind, "at": at, "fen": fen, "trade": trade, "voucher": voucher, "currency": currency}


def _counts(moved: Document) -> bool:
    return bool(moved["fen"])


def _fee(fen: int) -> int:
    return int((Decimal(fen) * FEE_RATE).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _row(moved: Document, number: str, balance: int) -> list[str]:
    kind, fen = moved["kind"], moved["fen"]
    return [
        wire.spaced(moved["at"]), moved["trade"], number, NAMES.get(kind, kind), kind, "收入" if fen > 0 else "支出",
        yuan(abs(fen)), yuan(balance), "system", "", moved["voucher"], moved["currency"],
    ]  # fmt: skip
