"""The daily bills: asked for by day, fetched within 30 seconds as a ZIP of GBK text. This one is of trades."""

import csv
import io
import time
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from wallets.sandbox.alipay import funds
from wallets.sandbox.alipay.world import BEIJING, BUYER_LOGON, Refusal, World, token
from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response

ADDRESS_SECONDS = 30
READY_HOUR = 9
HEADER = (
    "支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间", "对方账户",
    "订单金额（元）", "商家实收（元）", "退款批次号/请求号", "服务费（元）", "备注", "币种",
)  # fmt: skip
# What a bill is called, and the word in the names of its files.
WORDS = {"trade": "业务", "signcustomer": "账务"}


def address(world: World, content: Document, base_url: str) -> Document:
    try:
        day = date.fromisoformat(str(content.get("bill_date")))
    except ValueError as error:
        raise Refusal("isv.invalid-parameter", text="bill_date must be yyyy-MM-dd") from error
    ready = datetime(day.year, day.month, day.day, READY_HOUR, tzinfo=BEIJING) + timedelta(days=1)
    kind = str(content.get("bill_type"))
    if kind not in WORDS or world.clock.now() < ready or not _rows(world, kind, day.isoformat()):
        raise Refusal("isp.bill_not_exist")
    name = token()
    facts = {"day": day.isoformat(), "kind": kind, "until": time.time() + ADDRESS_SECONDS}
    world.store.put("alipay.bill", name, facts)
    return {"bill_download_url": f"{base_url}/alipay/bill/{name}"}


def download(world: World, request: Request, name: str) -> Response:
    bill = world.store.get("alipay.bill", name)
    if bill is None or bill["until"] < time.time():
        return Response(b"the address has expired", 403, "text/plain")
    word, kind = WORDS[bill["kind"]], bill["kind"]
    table = _rows(world, kind, bill["day"])
    totals = funds.totals(table) if kind == "signcustomer" else ()
    header = HEADER if kind == "trade" else funds.HEADER
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        stem = f"{world.seller_id}_{bill['day'].replace('-', '')}"
        files.writestr(f"{stem}_{word}明细.csv", _text(word, header, table, totals).encode("gbk"))
        files.writestr(f"{stem}_{word}明细(汇总).csv", f"#支付宝{word}汇总查询\r\n".encode("gbk"))
    return Response(archive.getvalue(), 200, "application/zip")


def _rows(world: World, kind: str, day: str) -> list[list[str]]:
    return rows(world, day) if kind == "trade" else funds.rows(world, day)


def rows(world: World, day: str) -> list[list[str]]:
    found = []
    for trade in world.store.all("alipay.trade"):
        if trade.get("gmt_payment", "").startswith(day):
            found.append(_row(trade, "交易", Decimal(trade["total_amount"]), trade["gmt_payment"], ""))
        for number, refund in trade["refunds"].items():
            if refund["at"].startswith(day):
                found.append(_row(trade, "退款", -Decimal(refund["amount"]), refund["at"], number))
    return found


def _row(trade: Document, kind: str, amount: Decimal, at: str, refund: str) -> list[str]:
    fee = funds.fee(amount)
    numbers = [f"{trade['trade_no']}\t", f"{trade['out_trade_no']}\t", kind, trade["subject"], trade["gmt_create"], at]
    text = format(amount, "f")
    return [*numbers, BUYER_LOGON, text, text, refund, format(fee, "f"), "", trade["currency"]]


def _text(word: str, header: Sequence[str], table: list[list[str]], totals: Sequence[str]) -> str:
    text = io.StringIO()
    text.write(f"#支付宝{word}明细查询\r\n#-----------------{word}明细列表-----------------\r\n")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([[cell.encode("gbk", "replace").decode("gbk") for cell in row] for row in table])
    text.write(f"#-----------------{word}明细列表结束-----------------\r\n")
    text.writelines(f"{line}\r\n" for line in totals)
    return text.getvalue()
