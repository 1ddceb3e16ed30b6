"""周期扣款 agreements and their rules: the window of each period, one success in it, the agreed amounts, expiry."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

from wallets.sandbox.alipay import notifies, plans, trades
from wallets.sandbox.alipay.world import BUYER_ID, Refusal, World, read_amount, read_currency, token
from wallets.sandbox.store import Document

LATEST_DAY = 28
SHORTEST = 7
FOR_EVER = "2115-02-01 00:00:00"
_VALIDITY = re.compile(r"(\d{1,4})([dm])", re.ASCII)


def draft(world: World, content: Document, *, notify_url: str, return_url: str) -> Document:
    rule = content.get("period_rule_params")
    external = content.get("external_agreement_no")
    if not isinstance(rule, dict) or not external or not content.get("sign_scene"):
        raise Refusal("INVALID_PARAMETER", text="period_rule_params, external_agreement_no, sign_scene are required")
    return {
        "external_agreement_no": str(external),
        "personal_product_code": content.get("personal_product_code", ""),
        "sign_scene": content["sign_scene"],
        "validity": content.get("sign_validity_period", ""),
        **_read_rule(rule),
        "currency": read_currency(rule),
        "status": "TEMP",
        "notify_url": notify_url,
        "return_url": return_url,
        "token": token(),
        "charged": [],
        "charged_total": "0.00",
    }


def _read_rule(rule: Document) -> Document:
    monthly = rule.get("period_type") == "MONTH"
    period = str(rule.get("period", ""))
    if rule.get("period_type") not in ("DAY", "MONTH") or not period.isdigit() or int(period) < 1:
        raise Refusal("INVALID_PARAMETER", text="period_type and period are wrong")
    try:
        first = date.fromisoformat(str(rule.get("execute_time")))
    except ValueError as error:
        raise Refusal("INVALID_PARAMETER", text="execute_time must be yyyy-MM-dd") from error
    if (monthly and first.day > LATEST_DAY) or (not monthly and int(period) < SHORTEST):
        raise Refusal("INVALID_PARAMETER", text="execute_time must be day 1 to 28; DAY periods are 7 days or longer")
    total = rule.get("total_amount")
    return {
        "period_type": rule["period_type"],
        "period": int(period),
        "execute_time": first.isoformat(),
        "single_amount": read_amount(rule.get("single_amount"), "single_amount"),
        "total_amount": read_amount(total, "total_amount") if total else "",
        "total_payments": int(rule.get("total_payments") or 0),
    }


def open_agreement(world: World, wanted: Document) -> Document:
    """The unsigned agreement of that external number, or a new one; a signed number cannot be signed again."""
    existing = by_external(world, wanted["external_agreement_no"])
    if existing and existing["status"] != "TEMP":
        raise Refusal("EXTERNAL_AGREEMENT_NO_EXIST")
    if existing:
        return existing
    number = world.serial("30001")
    world.store.put("alipay.token", wanted["token"], {"agreement": number})
    world.store.put("alipay.external", wanted["external_agreement_no"], {"agreement": number})
    return world.save_agreement({**wanted, "agreement_no": number})


def by_external(world: World, external: str) -> Document | None:
    known = world.store.get("alipay.external", external)
    return world.agreement(known["agreement"]) if known else None


def sign(world: World, agreement: Document) -> Document:
    if agreement["status"] != "TEMP":
        raise Refusal("EXTERNAL_AGREEMENT_NO_EXIST")
    signed = world.clock.now()
    agreement |= {"status": "NORMAL", "sign_time": world.stamp(signed), "invalid_time": _end(agreement, signed, world)}
    world.save_agreement(agreement)
    notifies.agreement_changed(world, agreement, "dut_user_sign")
    return agreement


def pay_and_sign(world: World, trade: Document) -> Document:
    """Pay on a page; who pays a trade that carries an agreement signs it by that."""
    paid = trades.pay(world, trade)
    agreement = world.agreement(trade.get("signs", ""))
    if agreement and agreement["status"] == "TEMP":
        sign(world, agreement)
    return paid


def unsign(world: World, agreement: Document) -> Document:
    if agreement["status"] not in ("NORMAL", "STOP"):
        raise Refusal("USER_AGREEMENT_NOT_EXIST")
    agreement |= {"status": "UNSIGN", "unsign_time": world.stamp()}
    world.save_agreement(agreement)
    notifies.agreement_changed(world, agreement, "dut_user_unsign")
    return agreement


def expire(world: World, agreement: Document) -> Document:
    """The end of validity comes without any word to the merchant."""
    agreement["invalid_time"] = world.stamp(world.clock.now() - timedelta(seconds=1))
    return world.save_agreement(agreement)


def find_asked(world: World, content: Document) -> Document:
    number, external = content.get("agreement_no"), content.get("external_agreement_no")
    found = world.agreement(str(number)) if number else by_external(world, str(external))
    if found is None or found["status"] == "UNSIGN":
        raise Refusal("USER_AGREEMENT_NOT_EXIST")
    return found


def query(world: World, content: Document) -> Document:
    found = find_asked(world, content)
    names = ("agreement_no", "external_agreement_no", "personal_product_code", "sign_scene")
    answer = {name: found[name] for name in names} | {"status": _status(world, found)}
    if found["status"] == "TEMP":
        return answer
    following = plans.next_due(world, found)
    currency = {} if found["currency"] == "CNY" else {"trans_currency": found["currency"]}
    return {
        **answer,
        **currency,
        "principal_id": BUYER_ID,
        "principal_type": "CARD",
        "sign_time": found["sign_time"],
        "valid_time": found["sign_time"],
        "invalid_time": found["invalid_time"],
        "next_deduct_time": following.isoformat(),
        "single_quota": found["single_amount"],
    }


def unsign_asked(world: World, content: Document) -> Document:
    unsign(world, find_asked(world, content))
    return {}


def charge(world: World, content: Document, notify_url: str) -> Document:
    """`alipay.trade.pay` with an agreement: the rules first, then one payment."""
    number = str((content.get("agreement_params") or {}).get("agreement_no", ""))
    wanted = trades.draft(world, content, agreement_no=number, notify_url=notify_url, method="alipay.trade.pay")
    existing = trades.find(world, wanted["out_trade_no"])
    if existing is None:
        due = _allowed(world, wanted)
        trade = trades.open_trade(world, {**wanted, "due": due.isoformat()})
    else:
        trade = trades.open_trade(world, wanted)
    return trade


def settle(world: World, trade: Document) -> Document:
    agreement = world.agreement(trade["agreement_no"])
    if agreement is None:
        raise Refusal("ACQ.AGREEMENT_NOT_EXIST")
    if trade["due"] in agreement["charged"]:
        raise Refusal("ACQ.CYCLE_PAY_DATE_NOT_MATCH")
    trades.pay(world, trade)
    total = Decimal(agreement["charged_total"]) + Decimal(trade["total_amount"])
    agreement |= {"charged": [*agreement["charged"], trade["due"]], "charged_total": format(total, "f")}
    world.save_agreement(agreement)
    return trade


def _allowed(world: World, wanted: Document) -> date:
    """The period this charge belongs to, or a refusal by rule."""
    agreement = world.agreement(wanted["agreement_no"])
    if agreement is None:
        raise Refusal("ACQ.AGREEMENT_NOT_EXIST")
    if _status(world, agreement) != "NORMAL":
        raise Refusal("ACQ.AGREEMENT_STATUS_NOT_NORMAL")
    amount, total = Decimal(wanted["total_amount"]), agreement["total_amount"]
    if wanted["currency"] != agreement["currency"]:
        raise Refusal("ACQ.INVALID_PARAMETER", text="the agreement is in another currency")
    if amount > Decimal(agreement["single_amount"]):
        raise Refusal("ACQ.CYCLE_PAY_SINGLE_FEE_EXCEED")
    if total and Decimal(agreement["charged_total"]) + amount > Decimal(total):
        raise Refusal("ACQ.CYCLE_PAY_TOTAL_FEE_EXCEED")
    if agreement["total_payments"] and len(agreement["charged"]) >= agreement["total_payments"]:
        raise Refusal("ACQ.CYCLE_PAY_TOTAL_TIMES_EXCEED")
    return plans.open_period(world, agreement)


def _status(world: World, agreement: Document) -> str:
    over = agreement["status"] == "NORMAL" and agreement["invalid_time"] <= world.stamp()
    return "STOP" if over else agreement["status"]


def _end(agreement: Document, signed: datetime, world: World) -> str:
    match = _VALIDITY.fullmatch(agreement["validity"])
    if not match:
        return FOR_EVER
    days = int(match[1]) * (1 if match[2] == "d" else 30)
    return world.stamp(signed + timedelta(days=days))
