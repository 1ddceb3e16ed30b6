"""How WeChat writes orders, refunds and XML. Reading XML here is a pattern, not a parser: it shares no code."""

import re
from datetime import datetime
from html import unescape

from wallets.sandbox.store import Document
from wallets.sandbox.wechat.merchant import APP_ID, MCH_ID

_FIELD = re.compile(r"<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))</\1>", re.DOTALL)
TRADE_TYPES = {"native": "NATIVE", "h5": "MWEB", "jsapi": "JSAPI", "app": "APP", "pap": "PAP"}


def read_xml(body: bytes) -> dict[str, str]:
    text = body.decode("utf-8", "replace").removeprefix("<xml>").removesuffix("</xml>")
    return {name: quoted or unescape(plain) for name, quoted, plain in _FIELD.findall(text)}


def xml(fields: dict[str, str]) -> bytes:
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<xml>{inner}</xml>".encode()


def compact(stamp: str) -> str:
    return datetime.fromisoformat(stamp).strftime("%Y%m%d%H%M%S") if stamp else ""


def spaced(stamp: str) -> str:
    return datetime.fromisoformat(stamp).strftime("%Y-%m-%d %H:%M:%S") if stamp else ""


def transaction(order: Document) -> Document:
    names = {"out_trade_no": order["out_trade_no"], "trade_state": order["state"], "trade_state_desc": order["state"]}
    known = {"appid": APP_ID, "mchid": MCH_ID, **names, "trade_type": TRADE_TYPES[order["kind"]]}
    amount = {"total": order["total"], "currency": order["currency"]}
    if not order["paid_at"]:
        return {**known, "amount": amount}
    paid = {"payer_total": order["total"], "payer_currency": order["currency"]}
    facts = {"transaction_id": order["transaction_id"], "success_time": order["paid_at"], "bank_type": "OTHERS"}
    return {**known, **facts, "payer": {"openid": order["openid"]}, "amount": {**amount, **paid}}


def refund(order: Document, one: Document) -> Document:
    currency = {} if order["currency"] == "CNY" else {"currency": order["currency"]}
    amounts = {"total": order["total"], "refund": one["amount"], "payer_total": order["total"]}
    done = {"success_time": one["at"], "user_received_account": "零钱"} if one["status"] == "SUCCESS" else {}
    return {
        "refund_id": one["refund_id"],
        "out_refund_no": one["out_refund_no"],
        "transaction_id": order["transaction_id"],
        "out_trade_no": order["out_trade_no"],
        "channel": "ORIGINAL",
        "create_time": one["created"],
        "status": one["status"],
        **done,
        "amount": {**amounts, "payer_refund": one["amount"], **currency},
    }


def paid_v2(order: Document) -> dict[str, str]:
    return {
        "total_fee": str(order["total"]),
        "fee_type": order["currency"],
        "transaction_id": order["transaction_id"],
        "time_end": compact(order["paid_at"]),
        "bank_type": "OTHERS",
        "trade_type": TRADE_TYPES[order["kind"]],
    }
