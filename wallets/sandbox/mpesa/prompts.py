"""Prompts on phones: one session a phone, answered with a PIN, cancelled, or left until it ends by itself."""

import re
from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any

from wallets.sandbox.mpesa import books
from wallets.sandbox.mpesa.world import PIN, Fault, World
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document

SESSION = timedelta(seconds=60)
LARGEST = 250_000
TRANSACTION_TYPES = ("CustomerPayBillOnline", "CustomerBuyGoodsOnline")
WORDS = {
    "0": "The service request is processed successfully.",
    "1": "The balance is insufficient for the transaction.",
    "1019": "Transaction has expired",
    "1032": "Request cancelled by user",
    "1037": "DS timeout user cannot be reached",
    "2001": "The initiator information is invalid.",
}
_MSISDN = re.compile(r"254[17]\d{8}", re.ASCII)


def push(world: World, content: Document, *, ends_with: str = "", hidden: bool = False) -> Document:
    """`ends_with`: the prompt ends with this code at once; `hidden`: it is accepted and never reaches the phone."""
    check_password(world, content)
    prompt = _draft(world, content)
    lock(world, prompt["msisdn"])
    world.store.put("mpesa.prompt", prompt["checkout_id"], {**prompt, "hidden": hidden})
    if ends_with:
        end(world, prompt, ends_with)
    return {
        "MerchantRequestID": prompt["merchant_request_id"],
        "CheckoutRequestID": prompt["checkout_id"],
        "ResponseCode": "0",
        "ResponseDescription": "Success. Request accepted for processing",
        "CustomerMessage": "Success. Request accepted for processing",
    }


def query(world: World, content: Document) -> Document:
    check_password(world, content)
    prompt = world.store.get("mpesa.prompt", str(content.get("CheckoutRequestID", "")))
    if prompt is None:
        raise Fault(400, "400.002.02", "Bad Request - Invalid CheckoutRequestID")
    if prompt["state"] == "waiting":
        raise Fault(500, "500.001.1001", "The transaction is being processed")
    return {
        "ResponseCode": "0",
        "ResponseDescription": "The service request has been accepted successsfully",
        "MerchantRequestID": prompt["merchant_request_id"],
        "CheckoutRequestID": prompt["checkout_id"],
        "ResultCode": prompt["code"],
        "ResultDesc": WORDS.get(prompt["code"], "The request failed."),
    }


def answer(world: World, prompt: Document, choice: str, pin: str = PIN) -> Document:
    """What the person with the phone does: `pay` (with a PIN), `cancel`, or `ignore` until it ends."""
    if prompt["state"] != "waiting":
        raise Refused("the prompt is over")
    if choice != "pay":
        return end(world, prompt, {"cancel": "1032", "ignore": "1037"}[choice])
    if pin != PIN:
        return end(world, prompt, "2001")
    if world.phone(prompt["msisdn"])["balance"] < prompt["amount"]:
        return end(world, prompt, "1")
    return _pay(world, prompt)


def lock(world: World, msisdn: str) -> None:
    """One session a phone, whether for a payment or for a standing order."""
    if session_of(world, msisdn):
        text = "[MpesaCB - ]Unable to lock subscriber, a transaction is already in process for the current subscriber"
        raise Fault(500, "500.001.1001", text)


def session_of(world: World, msisdn: str) -> Document | None:
    waiting = [*world.store.all("mpesa.prompt"), *world.store.all("mpesa.order")]
    return next((one for one in waiting if one["msisdn"] == msisdn and one["state"] == "waiting"), None)


def end_overdue(world: World) -> None:
    for prompt in world.store.all("mpesa.prompt"):
        if prompt["state"] == "waiting" and datetime.fromisoformat(prompt["ends"]) <= world.clock.now():
            end(world, prompt, "1037")


def end(world: World, prompt: Document, code: str) -> Document:
    ended = world.store.put("mpesa.prompt", prompt["checkout_id"], {**prompt, "state": "ended", "code": code})
    _tell(world, ended, {})
    return ended


def check_password(world: World, content: Document) -> None:
    stamp = str(content.get("Timestamp", ""))
    if str(content.get("BusinessShortCode")) != world.short_code or not re.fullmatch(r"\d{14}", stamp):
        raise Fault(400, "400.002.02", "Bad Request - Invalid BusinessShortCode or Timestamp")
    try:
        told = b64decode(str(content.get("Password", "")), validate=True).decode()
    except ValueError:
        told = ""
    if told != world.short_code + world.secret("passkey") + stamp:
        raise Fault(500, "500.001.1001", "Wrong credentials")
    strict = (world.store.get("mpesa.setting", "strict_clock") or {}).get("on")
    sent = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=world.local().tzinfo)
    if strict and abs(sent - world.local()) > timedelta(minutes=10):
        raise Fault(400, "400.002.02", "Bad Request - Invalid Timestamp")


def read_msisdn(value: object) -> str:
    if not _MSISDN.fullmatch(str(value)):
        raise Fault(400, "400.002.02", "Bad Request - Invalid PhoneNumber")
    return str(value)


def read_text(content: Document, name: str, longest: int) -> str:
    value = content.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise Fault(400, "400.002.02", f"Bad Request - Invalid {name}")
    return value


def _draft(world: World, content: Document) -> Document:
    amount, kind = content.get("Amount"), content.get("TransactionType")
    if isinstance(amount, bool) or not isinstance(amount, int) or not 1 <= amount <= LARGEST:
        raise Fault(400, "400.002.02", "Bad Request - Invalid Amount")
    if kind not in TRANSACTION_TYPES or content.get("PartyA") != content.get("PhoneNumber"):
        raise Fault(400, "400.002.02", "Bad Request - Invalid TransactionType or PartyA")
    now = world.clock.now()
    return {
        "checkout_id": f"ws_CO_{world.local():%d%m%Y%H%M%S}{world.store.next_number('mpesa.checkout'):09d}",
        "merchant_request_id": world.serial(),
        "msisdn": read_msisdn(content.get("PhoneNumber")),
        "amount": amount,
        "reference": read_text(content, "AccountReference", 12),
        "description": read_text(content, "TransactionDesc", 13),
        "callback": read_text(content, "CallBackURL", 500),
        "state": "waiting",
        "code": "",
        "hidden": False,
        "at": now.isoformat(),
        "ends": (now + SESSION).isoformat(),
    }


def _pay(world: World, prompt: Document) -> Document:
    debit = world.move(prompt["msisdn"], prompt["amount"], prompt["reference"], kind="Pay Bill Online")
    paid = {**prompt, "state": "paid", "code": "0", "receipt": debit["receipt"]}
    world.store.put("mpesa.prompt", prompt["checkout_id"], paid)
    items = [
        {"Name": "Amount", "Value": prompt["amount"]},
        {"Name": "MpesaReceiptNumber", "Value": debit["receipt"]},
        {"Name": "Balance"},
        {"Name": "TransactionDate", "Value": int(world.compact())},
        {"Name": "PhoneNumber", "Value": int(prompt["msisdn"])},
    ]
    _tell(world, paid, {"CallbackMetadata": {"Item": items}})
    books.confirm(world, debit)
    return paid


def _tell(world: World, prompt: Document, more: dict[str, Any]) -> None:
    said = {
        "MerchantRequestID": prompt["merchant_request_id"],
        "CheckoutRequestID": prompt["checkout_id"],
        "ResultCode": int(prompt["code"]) if prompt["code"].isdigit() else prompt["code"],
        "ResultDesc": WORDS.get(prompt["code"], "The request failed."),
    }
    world.tell(prompt["callback"], {"Body": {"stkCallback": {**said, **more}}}, "stk")
