"""The daily trade bill: asked for by day, fetched within 30 seconds as a ZIP of GBK text."""

import csv
import io
import time
import zipfile
from datetime import date, datetime, timedelta
from decimal import Decimal

from wallets.sandbox.alipay.world import BEIJING, BUYER_LOGON, Refusal, World, token
from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response

ADDRESS_SECONDS = 30
READY_HOUR = 9
FEE_RATE = Decimal("0.006")
CENT = Decimal("0.01")
HEADER = (
    "支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间", "对方账户",
    "订单金额（元）", "商家实收（元）", "退款批次号/请求号", "服务费（元）", "备注", "币种",
)  # fmt: skip


def address(world: World, content: Document, base_url: str) -> Document:
    try:
        day = date.fromisoformat(str(content.get("bill_date")))
    except ValueError as error:
        raise Refusal("isv.invalid-parameter", text="bill_date must be yyyy-MM-dd") from error
    ready = datetime(day.year, day.month, day.day, READY_HOUR, tzinfo=BEIJING) + timedelta(days=1)
    if content.get("bill_type") != "trade" or world.clock.now() < ready:
        raise Refusal("isp.bill_not_exist")
    if not rows(world, day.isoformat()):
        raise Refusal("isp.bill_not_exist")
    name = token()
    world.store.put("alipay.bill", name, {"day": day.isoformat(), "until": time.time() + ADDRESS_SECONDS})
    return {"bill_download_url": f"{base_url}/alipay/bill/{name}"}


def download(world: World, request: Request, name: str) -> Response:
    bill = world.store.get("alipay.bill", name)
    if bill is None or bill["until"] < time.time():
        return Response(b"the address has expired", 403, "text/plain")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        stem = f"{world.seller_id}_{bill['day'].replace('-', '')}"
        files.writestr(f"{stem}_业务明细.csv", _text(rows(world, bill["day"])).encode("gbk"))
        files.writestr(f"{stem}_业务明细(汇总).csv", "#支付宝业务汇总查询\r\n".encode("gbk"))
    return Response(archive.getvalue(), 200, "application/zip")


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
    fee = (-amount * FEE_RATE).quantize(CENT) if amount > 0 else Decimal("0.00")
    numbers = [f"{trade['trade_no']}\t", f"{trade['out_trade_no']}\t", kind, trade["subject"], trade["gmt_create"], at]
    text = format(amount, "f")
    return [*numbers, BUYER_LOGON, text, text, refund, format(fee, "f"), "", trade["currency"]]


def _text(table: list[list[str]]) -> str:
    text = io.StringIO()
    text.write("#支付宝业务明细查询\r\n#-----------------业务明细列表-----------------\r\n")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows([[cell.encode("gbk", "replace").decode("gbk") for cell in row] for row in table])
    text.write("#-----------------业务明细列表结束-----------------\r\n")
    return text.getvalue()
