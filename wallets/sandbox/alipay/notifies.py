"""What the simulated Alipay tells the merchant by itself, and how a delivery is signed (or spoiled, when ordered)."""

from decimal import Decimal

from wallets.sandbox.alipay.world import BUYER_ID, BUYER_LOGON, World
from wallets.sandbox.store import Document


def trade_changed(world: World, trade: Document, refund: dict[str, str] | None = None) -> None:
    currency = {} if trade["currency"] == "CNY" else {"trans_currency": trade["currency"]}
    _send(
        world,
        trade["notify_url"],
        {
            "notify_type": "trade_status_sync",
            "trade_no": trade["trade_no"],
            "out_trade_no": trade["out_trade_no"],
            "buyer_id": BUYER_ID,
            "buyer_logon_id": BUYER_LOGON,
            "seller_id": world.seller_id,
            "trade_status": trade["status"],
            "total_amount": trade["total_amount"],
            "receipt_amount": trade["total_amount"],
            "buyer_pay_amount": trade["total_amount"],
            "point_amount": "0.00",
            "subject": trade["subject"],
            "gmt_create": trade["gmt_create"],
            "gmt_payment": trade["gmt_payment"],
            "fund_bill_list": f'[{{"amount":"{trade["total_amount"]}","fundChannel":"ALIPAYACCOUNT"}}]',
            **currency,
            **(refund or {}),
        },
    )


def agreement_changed(world: World, agreement: Document, kind: str) -> None:
    moment = {"sign_time": agreement["sign_time"]}
    if kind == "dut_user_unsign":
        moment = {"unsign_time": agreement["unsign_time"]}
    _send(
        world,
        agreement["notify_url"],
        {
            "notify_type": kind,
            "agreement_no": agreement["agreement_no"],
            "external_agreement_no": agreement["external_agreement_no"],
            "alipay_user_id": BUYER_ID,
            "alipay_logon_id": BUYER_LOGON,
            "partner_id": world.seller_id,
            "personal_product_code": agreement["personal_product_code"],
            "sign_scene": agreement["sign_scene"],
            "valid_time": agreement["sign_time"],
            "invalid_time": agreement["invalid_time"],
            "status": "NORMAL" if kind == "dut_user_sign" else "UNSIGN",
            **moment,
        },
    )


def prepare(world: World, notify: Document) -> dict[str, str]:
    """One delivery of a stored notify: always the same `notify_id`, a fresh `notify_time`; only the first is spoilt."""
    fault = "" if notify["tries"] else notify["fault"]
    form = world.seal.notify_form({**notify["fields"], "notify_time": world.stamp()}, forge=fault == "forge")
    if fault == "tamper":
        spoilt = "total_amount" if "total_amount" in form else "agreement_no"
        form[spoilt] = format(Decimal(form[spoilt]) + 1, "f")
    return form


def _send(world: World, url: str, fields: dict[str, str]) -> None:
    notify_id = world.serial("00222")
    common = {
        "notify_id": notify_id,
        "app_id": world.app_id,
        "auth_app_id": world.app_id,
        "charset": "utf-8",
        "version": "1.0",
    }
    fault = world.faults.strike_notify()
    world.notifier.enqueue(notify_id, url, {**common, **fields}, wallet="alipay", fault=fault)
