"""The simulated bank's books of a day, and transfers that came with no order or with a wrong number."""

from collections.abc import Iterator

from wallets.sandbox.bank.world import World
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document

PAGE = 200
# Two per mille, as a bank takes it.
FEE = 2, 1000
Line = tuple[str, str]


def statement(world: World, asked: Document) -> Document:
    day, page = asked.get("day", ""), asked.get("page", "")
    if len(day) != 8 or not day.isdecimal() or not page.isdecimal() or int(page) < 1:
        raise Refused("1001", "day or page")
    if day >= world.stamp()[:8]:
        raise Refused("4004", "the day is not over")
    found = [line for at, line in sorted(_lines(world)) if at.startswith(day)]
    shown = found[(int(page) - 1) * PAGE : int(page) * PAGE]
    return {"day": day, "page": page, "pages": str(max(-(-len(found) // PAGE), 1)), "lines": "\n".join(shown)}


def transfer_in(world: World, amount: str, reference: str, currency: str) -> Document:
    """Somebody sends money to our account by hand."""
    if not amount.isdigit() or int(amount) < 1:
        raise Refused("1001", "amount")
    number = str(world.store.next_number("bank.transfer"))
    made = {"reference": reference, "amount": amount, "currency": currency or "CNY", "at": world.stamp()}
    return world.store.put("bank.transfer", number, {**made, "number": f"T{number.rjust(9, '0')}"})


def _lines(world: World) -> Iterator[Line]:
    for order in world.store.all("bank.order"):
        names = (order["ordNo"], order["bank_order_no"])
        if order["state"] == "PAID":
            fee = str(int(order["txnAmt"]) * FEE[0] // FEE[1])
            yield _line(order["paid_at"], *names, "", order["txnAmt"], order["currency"], fee)
        for number, made in order["refunds"].items():
            if made["state"] == "DONE":
                yield _line(made["at"], *names, number, f"-{made['amount']}", order["currency"], "0")
    for made in world.store.all("bank.transfer"):
        yield _line(made["at"], made["reference"], made["number"], "", made["amount"], made["currency"], "0")


def _line(at: str, *cells: str) -> Line:
    return at, ",".join((*cells, at))
