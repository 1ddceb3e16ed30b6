"""Every movement of the merchant's balance: what trades and refunds moved, their fees, and what came by other ways."""

from collections.abc import Iterator
from decimal import Decimal

from wallets.sandbox.alipay.world import BUYER_LOGON, Refusal, World
from wallets.sandbox.store import Document

FEE_RATE = Decimal("0.006")
CENT = Decimal("0.01")
OPENING = Decimal("100000.00")
HEADER = (
    "账务流水号", "业务流水号", "商户订单号", "商品名称", "发生时间", "对方账号", "收入金额（+元）", "支出金额（-元）",
    "账户余额（元）", "交易渠道", "业务类型", "备注", "币种",
)  # fmt: skip


def fee(amount: Decimal) -> Decimal:
    """As the trade bill writes it: negative when it is taken from us, and given back with a refund."""
    return (-amount * FEE_RATE).quantize(CENT)


def move(world: World, fields: Document) -> Document:
    """What does not come from a trade: `kind` in Alipay's words, `amount` in yuan with its sign, and `reference`."""
    try:
        amount = Decimal(str(fields.get("amount") or 0)).quantize(CENT)
    except ArithmeticError as error:
        raise Refusal("isv.invalid-parameter", text="an amount is a number of yuan") from error
    if not amount or not fields.get("kind"):
        raise Refusal("isv.invalid-parameter", text="kind and amount are required")
    numbers = {"trade": world.serial("move"), "order": str(fields.get("reference") or "")}
    moved = _moved(str(fields["kind"]), world.stamp(), amount, **numbers)
    return world.store.put("alipay.movement", moved["trade"], moved)


def rows(world: World, day: str) -> list[list[str]]:
    found, balance = [], OPENING
    for number, moved in enumerate(sorted(_all(world), key=lambda one: one["at"])):
        balance += Decimal(moved["amount"])
        if moved["at"].startswith(day):
            found.append(_row(moved, f"{number:014d}", balance))
    return found


def totals(table: list[list[str]]) -> list[str]:
    came = [Decimal(row[6]) for row in table if Decimal(row[6])]
    went = [Decimal(row[7]) for row in table if Decimal(row[7])]
    named = (("支出", went), ("收入", came))
    return [f"#{word}合计：{len(sums)}笔，共{sum(sums, Decimal('0.00')):.2f}元" for word, sums in named]


def _all(world: World) -> Iterator[Document]:
    for trade in world.store.all("alipay.trade"):
        yield from _of_trade(trade)
    yield from world.store.all("alipay.movement")


def _of_trade(trade: Document) -> Iterator[Document]:
    names = {"trade": trade["trade_no"], "order": trade["out_trade_no"], "currency": trade["currency"]}
    if "gmt_payment" in trade:
        paid = Decimal(trade["total_amount"])
        yield _moved("在线支付", trade["gmt_payment"], paid, **names)
        if fee(paid):
            yield _moved("收费", trade["gmt_payment"], fee(paid), **names)
    for refund in trade["refunds"].values():
        back = -Decimal(refund["amount"])
        yield _moved("交易退款", refund["at"], back, **names)
        if fee(back):
            yield _moved("退费", refund["at"], fee(back), **names)


def _moved(kind: str, at: str, amount: Decimal, *, trade: str, order: str, currency: str = "CNY") -> Document:
    text = format(amount, "f")
    return {"kind": kind, "at": at, "amount": text, "trade": trade, "order": order, "currency": currency}


def _row(moved: Document, number: str, balance: Decimal) -> list[str]:
    amount = Decimal(moved["amount"])
    ways = [f"{max(amount, Decimal(0)):.2f}", f"{min(amount, Decimal(0)):.2f}"]
    numbers = [f"{number}\t", f"{moved['trade']}\t", f"{moved['order']}\t"]
    return [
        *numbers, "", moved["at"], BUYER_LOGON, *ways, f"{balance:.2f}", "支付宝", moved["kind"], "", moved["currency"],
    ]  # fmt: skip
