"""What Safaricom tells us by itself. Nothing is signed: the address says what a call may be about, the body only
how it went, and money is confirmed by a query before it counts.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from common.money import Money
from wallets.providers.errors import InvalidWebhook
from wallets.providers.messages import Event, HttpIn, PaymentResult, RefundResult
from wallets.providers.mpesa import codes, prompts, wire
from wallets.providers.mpesa.doors import Doors
from wallets.providers.vocabulary import EventKind, PaymentState, RefundState

LARGEST_BODY = 64 * 1024
MOST_ITEMS = 50
LONGEST = 100
SAFE_ITEMS = ("MpesaReceiptNumber", "TransactionDate", "Amount")
Reader = Callable[[dict[str, Any], list[str]], Event]


def events(call: HttpIn, doors: Doors, readers: Mapping[str, Reader]) -> Sequence[Event]:
    """Open the door the call came through and let its reader read the body; raises `InvalidWebhook`."""
    if len(call.body) > LARGEST_BODY:
        raise InvalidWebhook("The call is larger than any of Safaricom's.")
    kind, subject = doors.opened(call)
    if kind not in readers:
        raise InvalidWebhook("This address belongs to another product.")
    try:
        return [readers[kind](wire.read_json(call.body), subject)]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InvalidWebhook("The call lacks a field it must have.") from error


def prompt_ended(data: dict[str, Any], subject: list[str]) -> Event:
    """The result of a prompt, bound to the reference and the amount in its address."""
    merchant_ref, shillings = subject
    said = data["Body"]["stkCallback"]
    prompt = prompts.Prompt.read(f"{said['CheckoutRequestID']}/{shillings}")
    if prompt is None:
        raise ValueError("CheckoutRequestID")
    code = result_code(said["ResultCode"])
    items = _items(said)
    if code == codes.PAID and wire.read_amount(items["Amount"]) != prompt.amount:
        raise InvalidWebhook("The amount is not the one the phone was asked for.")
    facts = {name: _plain(items[name]) for name in SAFE_ITEMS if name in items}
    return Event(
        kind=EventKind.PAYMENT,
        dedupe_key=f"stk:{merchant_ref}:{_digest(prompt.checkout_id, code)}",
        type="stkCallback",
        occurred_at=wire.read_stamp(items.get("TransactionDate")),
        payment=_prompt_result(merchant_ref, prompt, code),
        confirm_first=True,
        facts={**facts, "ResultCode": code, "CheckoutRequestID": prompt.checkout_id},
    )


def _prompt_result(merchant_ref: str, prompt: prompts.Prompt, code: str) -> PaymentResult:
    if code != codes.PAID:
        return prompts.ended(merchant_ref, str(prompt), code)
    paid = PaymentState.SUCCEEDED
    return PaymentResult(state=paid, merchant_ref=merchant_ref, provider_ref=str(prompt), amount=prompt.amount)


def paid_in(data: dict[str, Any], subject: list[str]) -> Event:
    """A confirmation of money paid to the short code, whoever started it (C2B)."""
    (short_code,) = subject
    if str(data["BusinessShortCode"]) != short_code:
        raise InvalidWebhook("The payment went to another short code.")
    receipt, amount = _word(data["TransID"]), wire.read_amount(data["TransAmount"])
    if not receipt or amount.minor <= 0:
        raise ValueError("TransID and TransAmount")
    at = wire.read_stamp(data.get("TransTime"))
    return Event(
        kind=EventKind.PAYMENT,
        dedupe_key=f"c2b:{receipt}",
        type="c2b",
        occurred_at=at,
        payment=PaymentResult(
            state=PaymentState.SUCCEEDED,
            merchant_ref=_word(data.get("BillRefNumber", "")),
            provider_ref=receipt,
            amount=amount,
            paid_at=at,
        ),
        confirm_first=True,
        facts={"TransID": receipt, "TransactionType": _word(data.get("TransactionType", ""))},
    )


def reversed_payment(data: dict[str, Any], subject: list[str]) -> Event:
    merchant_ref, refund_ref, shillings = subject
    said = data["Result"]
    code, receipt = result_code(said["ResultCode"]), _word(said.get("TransactionID", ""))
    decline = None if code == codes.PAID else codes.classify(code)
    unknown = decline is not None and prompts.failed(merchant_ref, code).state is PaymentState.UNKNOWN
    state = RefundState.UNKNOWN if unknown else RefundState.FAILED
    refund = RefundResult(
        state=state if decline else RefundState.SUCCEEDED,
        refund_ref=refund_ref,
        merchant_ref=merchant_ref,
        provider_ref=receipt,
        amount=Money(int(shillings) * wire.SHILLING, wire.HOME_CURRENCY),
        decline=decline,
    )
    key = f"reversal:{merchant_ref}:{_digest(refund_ref, code, receipt)}"
    return Event(kind=EventKind.REFUND, dedupe_key=key, type="reversal", refund=refund, facts={"ResultCode": code})


def result_code(value: object) -> str:
    """A number here, text there."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("ResultCode")
    return str(value)[:40]


def _items(said: dict[str, Any]) -> dict[str, Any]:
    """Name to value; a failure has no items, and an item may lack its value."""
    rows = (said.get("CallbackMetadata") or {}).get("Item") or []
    if len(rows) > MOST_ITEMS:
        raise ValueError("Item")
    return {str(row["Name"]): row["Value"] for row in rows if "Value" in row}


def _plain(value: object) -> object:
    return str(value)[:LONGEST] if isinstance(value, str | Decimal) else value if isinstance(value, int) else ""


def _word(value: object) -> str:
    return str(value)[:LONGEST] if isinstance(value, str | int) else ""


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]
