"""The books: transactions of a span of time, listed up to three hours late."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

from wallets.sandbox.paypal.world import WITHOUT_DECIMALS, World, invalid, new_id
from wallets.sandbox.store import Document

LATE = timedelta(hours=3)
LONGEST = timedelta(days=31)
FEE_RATE = Decimal("0.0349")
CODES = {"COMPLETED": "S", "PARTIALLY_REFUNDED": "S", "REFUNDED": "S", "PENDING": "P", "DECLINED": "D"}


def search(world: World, query: dict[str, str]) -> Document:
    start, end = _moment(query.get("start_date", "")), _moment(query.get("end_date", ""))
    if end < start or end - start > LONGEST:
        raise invalid("INVALID_DATE_RANGE")
    size, page = int(query.get("page_size", "100")), int(query.get("page", "1"))
    if not 1 <= size <= 500 or page < 1:
        raise invalid()
    late = timedelta(0) if world.is_on("prompt_listing") else LATE
    listed = [row for at, row in _rows(world) if start <= at <= end and world.clock.now() - at >= late]
    return {
        "transaction_details": [{"transaction_info": row} for row in listed[(page - 1) * size : page * size]],
        "account_number": "SANDBOXMERCH1",
        "start_date": quote(query["start_date"], safe=":"),
        "last_refreshed_datetime": world.stamp(world.clock.now() - late),
        "page": page,
        "total_items": len(listed),
        "total_pages": max(-(-len(listed) // size), 1),
    }


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid() from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rows(world: World) -> Iterator[tuple[datetime, Document]]:
    for one in world.store.all("paypal.capture"):
        at = str(one.get("paid", one["created"]))
        code = "T0003" if one["vault_id"] else "T0006"
        numbers = {"invoice_id": one["invoice_id"], "custom_field": one["custom_id"]}
        yield _row(one["id"], code, one["amount"], at, {**numbers, "transaction_status": CODES[one["status"]]})
        if "reversed" in one:
            back = {"invoice_id": one["invoice_id"], "transaction_status": "S", "paypal_reference_id": one["id"]}
            yield _row(f"{one['id'][:16]}V", "T1201", _negative(one["amount"]), one["reversed"], back)
    for made in world.store.all("paypal.refund"):
        status = "S" if made["status"] == "COMPLETED" else "P"
        numbers = {"invoice_id": made["invoice_id"], "custom_field": made["custom_id"]}
        more = {**numbers, "transaction_status": status, "paypal_reference_id": made["capture"]}
        yield _row(made["id"], "T1107", _negative(made["amount"]), made["created"], more)
    for moved in world.store.all("paypal.movement"):
        yield _row(moved["id"], moved["code"], moved["amount"], moved["at"], {"transaction_status": "S"})


def move(world: World, fields: Document) -> Document:
    """What no payment moved: `code` in PayPal's words (`T0400` is a withdrawal) and `value` with its sign."""
    amount = {"currency_code": str(fields.get("currency", "USD")), "value": str(fields.get("value", "0.00"))}
    number, code = new_id(), str(fields.get("code", "T1200"))
    moved = {"id": number, "code": code, "amount": amount, "at": world.stamp()}
    return world.store.put("paypal.movement", number, moved)


def _row(number: str, code: str, amount: Document, at: str, more: Document) -> tuple[datetime, Document]:
    paid = not amount["value"].startswith("-") and more["transaction_status"] == "S"
    fee = {"fee_amount": _fee(amount)} if paid else {}
    moment = datetime.fromisoformat(at)
    row = {
        "transaction_id": number,
        "transaction_event_code": code,
        "transaction_initiation_date": at.replace("Z", "+0000"),
        "transaction_updated_date": at.replace("Z", "+0000"),
        "transaction_amount": amount,
        **fee,
        **more,
    }
    return moment, row


def _negative(amount: Document) -> Document:
    return {**amount, "value": f"-{amount['value']}"}


def _fee(amount: Document) -> Document:
    step = Decimal(1) if amount["currency_code"] in WITHOUT_DECIMALS else Decimal("0.01")
    return {**amount, "value": format(-(Decimal(amount["value"]) * FEE_RATE).quantize(step), "f")}
