"""The days of an agreement: the agreed ones, one of them perhaps moved, and the window before each."""

from collections.abc import Iterator
from datetime import date, timedelta

from wallets.sandbox.alipay.world import BEIJING, Refusal, World
from wallets.sandbox.store import Document

DAYS_BEFORE = 5
LATEST_DAY = 28


def modify(world: World, content: Document) -> Document:
    """`deduct_time` moves the next day: only later, only before the one after it, at most to the 28th."""
    agreement = world.agreement(str(content.get("agreement_no", "")))
    if agreement is None or agreement["status"] != "NORMAL":
        raise Refusal("USER_AGREEMENT_NOT_EXIST")
    try:
        day = date.fromisoformat(str(content.get("deduct_time")))
    except ValueError as error:
        raise Refusal("INVALID_PARAMETER", text="deduct_time must be yyyy-MM-dd") from error
    current = next_due(world, agreement)
    monthly = agreement["period_type"] == "MONTH"
    if day <= current or (monthly and day.day > LATEST_DAY):
        raise Refusal("INVALID_PARAMETER", text="deduct_time must be later, and day 1 to 28")
    original = next((was for was, now in _moved(agreement).items() if now == current.isoformat()), current.isoformat())
    world.save_agreement({**agreement, "moved": {**_moved(agreement), original: day.isoformat()}})
    return {"agreement_no": agreement["agreement_no"], "deduct_time": day.isoformat()}


def next_due(world: World, agreement: Document) -> date:
    return next(due for due in _dues(agreement) if due >= today(world) and due.isoformat() not in agreement["charged"])


def open_period(world: World, agreement: Document) -> date:
    """The day whose window is open and not used up, or a refusal."""
    for due in _dues(agreement):
        if due - timedelta(days=DAYS_BEFORE) > today(world):
            break
        if due >= today(world) and due.isoformat() not in agreement["charged"]:
            return due
    raise Refusal("ACQ.CYCLE_PAY_DATE_NOT_MATCH")


def today(world: World) -> date:
    return world.clock.now().astimezone(BEIJING).date()


def _moved(agreement: Document) -> dict[str, str]:
    return agreement.get("moved", {})


def _dues(agreement: Document) -> Iterator[date]:
    for due in _agreed(agreement):
        yield date.fromisoformat(_moved(agreement).get(due.isoformat(), due.isoformat()))


def _agreed(agreement: Document) -> Iterator[date]:
    first, period = date.fromisoformat(agreement["execute_time"]), agreement["period"]
    for index in range(10_000):
        if agreement["period_type"] == "DAY":
            yield first + timedelta(days=period * index)
        else:
            years, month = divmod(first.month - 1 + period * index, 12)
            yield date(first.year + years, month + 1, first.day)
