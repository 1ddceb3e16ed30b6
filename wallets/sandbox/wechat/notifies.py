"""What WeChat tells the merchant by itself, and how one delivery is signed (or spoiled, when ordered)."""

import json
from secrets import token_hex

from wallets.sandbox.notifier import Delivery
from wallets.sandbox.store import Document
from wallets.sandbox.wechat import wire
from wallets.sandbox.wechat.merchant import APP_ID, MCH_ID, NEXT_SERIAL, PLATFORM_SERIAL
from wallets.sandbox.wechat.world import World

STALE_SECONDS = 600
PROBE = "WECHATPAY/SIGNTEST/"


def order_paid(world: World, order: Document) -> None:
    """APIv3: the whole transaction, encrypted."""
    _send_json(world, order["notify_url"], "TRANSACTION.SUCCESS", "transaction", wire.transaction(order))


def refund_changed(world: World, order: Document, refund: Document) -> None:
    data = {name: value for name, value in wire.refund(order, refund).items() if name != "status"}
    told = {**data, "mchid": MCH_ID, "refund_status": refund["status"]}
    _send_json(world, order["refund_notify_url"], f"REFUND.{refund['status']}", "refund", told)


def deducted(world: World, order: Document) -> None:
    """APIv2: signed, not encrypted."""
    common = {
        "return_code": "SUCCESS",
        "appid": APP_ID,
        "mch_id": MCH_ID,
        "nonce_str": token_hex(16),
        "out_trade_no": order["out_trade_no"],
        "contract_id": order["contract_id"],
        "openid": order["openid"],
        "sign_type": "HMAC-SHA256",
    }
    failed = {"result_code": "FAIL", "err_code": order["err_code"], "err_code_des": order["err_code"]}
    result = failed if order["err_code"] else {"result_code": "SUCCESS", **wire.paid_v2(order)}
    _send_xml(world, order["notify_url"], {**common, **result})


def contract_changed(world: World, contract: Document, change: str) -> None:
    fields = {
        "return_code": "SUCCESS",
        "result_code": "SUCCESS",
        "mch_id": MCH_ID,
        "contract_code": contract["contract_code"],
        "openid": contract["openid"],
        "plan_id": contract["plan_id"],
        "change_type": change,
        "operate_time": wire.spaced(world.stamp()),
        "contract_id": contract["contract_id"],
        "contract_expired_time": wire.spaced(contract["expires"]),
        "contract_termination_mode": contract["mode"],
    }
    _send_xml(world, contract["notify_url"], fields)


def probe(world: World, url: str) -> None:
    """Traffic with a broken signature: who does not refuse it is marked by WeChat."""
    _send_json(world, url, "TRANSACTION.SUCCESS", "transaction", {"mchid": MCH_ID, "appid": APP_ID}, probe=True)


def prepare(world: World, notify: Document) -> Delivery:
    fault = "" if notify["tries"] else notify["fault"]
    if "xml" in notify["fields"]:
        return _xml_delivery(world, notify["fields"]["xml"], fault)
    return _json_delivery(world, notify["fields"], fault)


def _send_json(world: World, url: str, event: str, original: str, data: Document, *, probe: bool = False) -> None:
    name = world.serial("EV-")
    envelope = {"id": name, "create_time": world.stamp(), "event_type": event, "resource_type": "encrypt-resource"}
    fields = {"notify_type": event, "envelope": envelope, "original": original, "data": data, "probe": probe}
    world.notifier.enqueue(name, url, fields, wallet="wechat", fault=world.faults.strike_notify())


def _send_xml(world: World, url: str, fields: dict[str, str]) -> None:
    told = {name: value for name, value in fields.items() if value}
    kind = told.get("change_type", "PAP")
    content = {"notify_type": kind, "xml": told}
    world.notifier.enqueue(world.serial("PN-"), url, content, wallet="wechat", fault=world.faults.strike_notify())


def _json_delivery(world: World, fields: Document, fault: str) -> Delivery:
    text = json.dumps(fields["data"], ensure_ascii=False)
    hidden = {"algorithm": "AEAD_AES_256_GCM", "original_type": fields["original"]}
    resource = hidden | world.seal.encrypt(text, fields["original"])
    body = json.dumps({**fields["envelope"], "summary": "通知", "resource": resource}, ensure_ascii=False)
    headers = {"Content-Type": "application/json", **signed_headers(world, body, fault)}
    if fields["probe"]:
        headers["Wechatpay-Signature"] = PROBE + headers["Wechatpay-Signature"]
    if fault == "tamper":
        body = body.replace("通知", "通知。")
    return Delivery(body.encode(), headers)


def signed_headers(world: World, body: str, fault: str = "", timestamp: int = 0) -> dict[str, str]:
    """Signed with the key in force; the setting `next_key` puts the second one in force."""
    second = world.is_on("next_key")
    moment = timestamp or int(world.clock.now().timestamp())
    when = str(moment - STALE_SECONDS if fault in ("stale", "stale_timestamp") else moment)
    nonce = token_hex(16)
    forged = fault in ("forge", "bad_signature")
    signature = world.seal.forged(when, nonce, body) if forged else world.seal.stamp(when, nonce, body, second=second)
    return {
        "Wechatpay-Timestamp": when,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": NEXT_SERIAL if second else PLATFORM_SERIAL,
        "Wechatpay-Signature": signature,
    }


def _xml_delivery(world: World, told: dict[str, str], fault: str) -> Delivery:
    kind = told.get("sign_type", "MD5")
    key = token_hex(16) if fault == "forge" else ""
    fields = {**told, "sign": world.seal.v2_sign(told, kind, key)}
    if fault == "tamper":
        fields["contract_id"] += "1"
    return Delivery(wire.xml(fields), {"Content-Type": "text/xml"}, accepted=_heard)


def _heard(status: int, answer: str) -> bool:
    return status == 200 and "<return_code><![CDATA[SUCCESS]]>" in answer
