"""Standing orders: approved on the phone, then run by the wallet itself on their days, until the payer cancels."""

from datetime import date, datetime, timedelta
from typing import Any

from wallets.sandbox.mpesa import books, prompts
from wallets.sandbox.mpesa.world import PIN, Fault, World, masked
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document

MONTHS = {"4": 1, "5": 2, "6": 3, "7": 6, "8": 12}
DAYS = {"2": 1, "3": 7}
KINDS = {"Standing Order Customer Pay Bill": "4", "Standing Order Customer Pay Marchant": "2"}
MOST_RUNS = 400


def create(world: World, content: Document) -> Document:
    if KINDS.get(str(content.get("TransactionType"))) != content.get("ReceiverPartyIdentifierType"):
        raise Fault(400, "400.002.02", "Bad Request - Invalid TransactionType")
    order = _draft(world, content)
    if any(one["msisdn"] == order["msisdn"] and one["name"] == order["name"] for one in world.store.all("mpesa.order")):
        raise Fault(400, "400.002.02", "Bad Request - Standing order name exists")
    prompts.lock(world, order["msisdn"])
    world.store.put("mpesa.order", order["id"], order)
    told = {"responseCode": "200", "responseDescription": "Request accepted for processing"}
    header = {"responseRefID": world.serial(), **told, "ResultDesc": prompts.WORDS["0"]}
    return {"ResponseHeader": header, "ResponseBody": told}


def answer(world: World, order: Document, choice: str, pin: str = PIN) -> Document:
    if order["state"] != "waiting":
        raise Refused("the prompt is over")
    code = {"pay": "0" if pin == PIN else "2001", "cancel": "1032", "ignore": "1037"}[choice]
    state = "active" if code == "0" else "refused"
    order = world.store.put("mpesa.order", order["id"], {**order, "state": state, "code": code})
    _tell(world, order)
    run_due(world)
    return order


def end(world: World, order: Document, state: str) -> Document:
    """`cancelled` by the payer in the wallet's own menu, or `expired`. Nobody tells the merchant."""
    if order["state"] != "active":
        raise Refused("the order is not active")
    return world.store.put("mpesa.order", order["id"], {**order, "state": state})


def end_overdue(world: World) -> None:
    for order in world.store.all("mpesa.order"):
        if order["state"] == "waiting" and datetime.fromisoformat(order["ends"]) <= world.clock.now():
            answer(world, order, "ignore")


def run_due(world: World) -> None:
    """Debit every order for each of its days that has come. Too little money: that day is skipped."""
    today = world.local().date()
    for order in world.store.all("mpesa.order"):
        if order["state"] == "active":
            _run(world, order, today)


def _run(world: World, order: Document, today: date) -> None:
    last, done = date.fromisoformat(order["last"]), order["runs"]
    for number in range(done, MOST_RUNS):
        due = _due(order, number)
        if due > min(last, today):
            break
        order = world.store.put("mpesa.order", order["id"], {**order, "runs": number + 1})
        if world.phone(order["msisdn"])["balance"] >= order["amount"]:
            books.confirm(world, world.move(order["msisdn"], order["amount"], order["reference"], kind="Pay Bill"))
    if today > last:
        world.store.put("mpesa.order", order["id"], {**order, "state": "expired"})


def _due(order: Document, number: int) -> date:
    first = date.fromisoformat(order["first"])
    if order["frequency"] in DAYS:
        return first + timedelta(days=DAYS[order["frequency"]] * number)
    months = first.year * 12 + first.month - 1 + MONTHS[order["frequency"]] * number
    day = first
    while True:
        try:
            return day.replace(year=months // 12, month=months % 12 + 1)
        except ValueError:
            day -= timedelta(days=1)


def _draft(world: World, content: Document) -> Document:
    amount, frequency = str(content.get("Amount")), str(content.get("Frequency"))
    if not amount.isdigit() or not 1 <= int(amount) <= prompts.LARGEST:
        raise Fault(400, "400.002.02", "Bad Request - Invalid Amount")
    if frequency not in {**MONTHS, **DAYS} or str(content.get("BusinessShortCode")) != world.short_code:
        raise Fault(400, "400.002.02", "Bad Request - Invalid Frequency or BusinessShortCode")
    first, last = _day(content.get("StartDate")), _day(content.get("EndDate"))
    if first < world.local().date() or last < first:
        raise Fault(400, "400.002.02", "Bad Request - Invalid StartDate or EndDate")
    return {
        "id": str(world.store.next_number("mpesa.order")),
        "name": prompts.read_text(content, "StandingOrderName", 100),
        "msisdn": prompts.read_msisdn(content.get("PartyA")),
        "amount": int(amount),
        "frequency": frequency,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "reference": prompts.read_text(content, "AccountReference", 12),
        "description": prompts.read_text(content, "TransactionDesc", 13),
        "callback": prompts.read_text(content, "CallBackURL", 500),
        "transaction": world.receipt(),
        "state": "waiting",
        "code": "",
        "runs": 0,
        "ends": (world.clock.now() + prompts.SESSION).isoformat(),
    }


def _day(text: object) -> date:
    try:
        return datetime.strptime(str(text), "%Y%m%d").date()  # noqa: DTZ007 - a plain day
    except ValueError as error:
        raise Fault(400, "400.002.02", "Bad Request - Invalid date") from error


def _tell(world: World, order: Document) -> None:
    reference, code = world.serial(), order["code"]
    header = {"responseRefID": reference, "requestRefID": reference, "responseCode": code}
    good = code == "0"
    data: list[dict[str, Any]] = [
        {"name": "TransactionID", "value": order["transaction"] if good else "0000000000"},
        {"name": "responseCode", "value": code},
        {"name": "Status", "value": "OKAY" if good else "ERROR"},
        {"name": "Msisdn", "value": masked(order["msisdn"])},
    ]
    header["responseDescription"] = prompts.WORDS.get(code, "The request failed.")
    world.tell(order["callback"], {"responseHeader": header, "responseBody": {"responseData": data}}, "order")
