"""The daily bills: asked for by day, fetched from a signed address as GZIP of CSV in yuan. This one is of trades."""

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from wallets.sandbox.store import Document
from wallets.sandbox.wechat import funds, wire
from wallets.sandbox.wechat.merchant import APP_ID, MCH_ID
from wallets.sandbox.wechat.world import BEIJING, Refusal, World, token, yuan

READY_HOUR = 10
MONTHS_BACK = timedelta(days=92)
HEADER = (
    "交易时间", "公众账号ID", "商户号", "特约商户号", "设备号", "微信订单号", "商户订单号", "用户标识",
    "交易类型", "交易状态", "付款银行", "货币种类", "应结订单金额", "代金券金额", "微信退款单号", "商户退款单号",
    "退款金额", "充值券退款金额", "退款类型", "退款状态", "商品名称", "商户数据包", "手续费", "费率",
    "订单金额", "申请退款金额", "费率备注",
)  # fmt: skip
TOTALS = (
    "总交易单数",
    "应结订单总金额",
    "退款总金额",
    "充值券退款总金额",
    "手续费总金额",
    "订单总金额",
    "申请退款总金额",
)
REFUND_WORDS = {"CLOSED": "FAIL", "ABNORMAL": "CHANGE"}
Rows = list[list[str]]


@dataclass(frozen=True)
class Bill:
    header: Sequence[str]
    rows: Rows
    total_names: Sequence[str]
    totals: Sequence[str]

    def text(self) -> bytes:
        lines = [",".join(self.header), *map(_ticked, self.rows), ",".join(self.total_names), _ticked(self.totals)]
        return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def address(world: World, kind: str, query: dict[str, str], base_url: str) -> Document:
    try:
        day = date.fromisoformat(query.get("bill_date", ""))
    except ValueError as error:
        raise Refusal("PARAM_ERROR", "bill_date must be yyyy-MM-dd") from error
    whole = query.get("bill_type", "ALL") == "ALL" and query.get("account_type", "BASIC") == "BASIC"
    if not whole or query.get("tar_type") != "GZIP":
        raise Refusal("PARAM_ERROR", "only the bill of everything, packed, is made here")
    ready = datetime(day.year, day.month, day.day, READY_HOUR, tzinfo=BEIJING) + timedelta(days=1)
    if world.now() < ready:
        raise Refusal("STATEMENT_CREATING")
    bill = _made(world, kind, day.isoformat())
    if not bill.rows or world.now() - ready > MONTHS_BACK:
        raise Refusal("NO_STATEMENT_EXIST")
    name = token()
    world.store.put("wechat.bill", name, {"day": day.isoformat(), "kind": kind})
    digest = hashlib.new("sha1", bill.text(), usedforsecurity=False).hexdigest()
    url = f"{base_url}/wechat/v3/billdownload/file?token={name}&tartype=gzip"
    return {"hash_type": "SHA1", "hash_value": digest, "download_url": url}


def packed(world: World, query: dict[str, str]) -> bytes:
    bill = world.store.get("wechat.bill", query.get("token", ""))
    if bill is None:
        raise Refusal("PARAM_ERROR", "the address is not one of ours")
    return gzip.compress(_made(world, bill["kind"], bill["day"]).text())


def _made(world: World, kind: str, day: str) -> Bill:
    if kind == "fundflowbill":
        rows = funds.rows(world, day)
        return Bill(funds.HEADER, rows, funds.TOTALS, funds.totals(rows))
    rows = _rows(world, day)
    return Bill(HEADER, rows, TOTALS, _totals(rows))


def _rows(world: World, day: str) -> Rows:
    """A refund is listed when it begins, and what becomes of it later is not."""
    found = []
    for order in world.store.all("wechat.order"):
        if order["paid_at"].startswith(day):
            found.append(_row(order, order["paid_at"], "SUCCESS"))
        for one in order["refunds"].values():
            if one["created"].startswith(day):
                found.append(_row(order, one["created"], "REFUND", one))
    return found


def _row(order: Document, at: str, state: str, refund: Document | None = None) -> list[str]:
    paid = order["total"] if refund is None else 0
    back = refund["amount"] if refund else 0
    fee = (Decimal(paid - back) * funds.FEE_RATE / 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    numbers = [refund["refund_id"], refund["out_refund_no"]] if refund else ["0", "0"]
    word = REFUND_WORDS.get(refund["status"], refund["status"]) if refund else ""
    return [
        wire.spaced(at), APP_ID, MCH_ID, "0", "", order["transaction_id"], order["out_trade_no"], order["openid"],
        wire.TRADE_TYPES[order["kind"]], state, "OTHERS", order["currency"], yuan(paid), "0.00", *numbers, yuan(back),
        "0.00", "ORIGINAL" if refund else "", word, order["description"].replace(",", " "), "",
        f"{fee:.5f}", "0.60%", yuan(paid), yuan(back), "",
    ]  # fmt: skip


def _totals(rows: Rows) -> list[str]:
    paid = sum((Decimal(row[24]) for row in rows), Decimal(0))
    back = sum((Decimal(row[16]) for row in rows), Decimal(0))
    fees = sum((Decimal(row[22]) for row in rows), Decimal(0))
    return [str(len(rows)), f"{paid:.2f}", f"{back:.2f}", "0.00", f"{fees:.5f}", f"{paid:.2f}", f"{back:.2f}"]


def _ticked(row: Sequence[str]) -> str:
    return ",".join(f"`{cell}" for cell in row)
