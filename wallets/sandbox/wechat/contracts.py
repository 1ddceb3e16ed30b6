"""委托代扣 contracts: signed on a page that opens once, looked up, ended from either side, running out in silence."""

from datetime import datetime, timedelta

from wallets.sandbox.store import Document
from wallets.sandbox.wechat import notifies
from wallets.sandbox.wechat.merchant import APP_ID, MCH_ID, PLAN_ID
from wallets.sandbox.wechat.wire import spaced
from wallets.sandbox.wechat.world import Refusal, World, token

PAGE_MINUTES = 10
VALID = timedelta(days=3650)
REQUIRED = ("contract_code", "request_serial", "contract_display_account", "notify_url", "timestamp", "version")
BY_USER, BY_MERCHANT = "2", "3"


def propose(world: World, fields: dict[str, str]) -> Document:
    """The unsigned contract of that code, or a new one. The page it is signed on lives ten minutes."""
    if fields.get("appid") != APP_ID or fields.get("mch_id") != MCH_ID:
        raise Refusal("APPID_MCHID_NOT_MATCH")
    if fields.get("plan_id") != PLAN_ID or any(not fields.get(name) for name in REQUIRED):
        raise Refusal("PARAM_ERROR", "a field is missing, or it is not our plan")
    serial = fields["request_serial"]
    if not serial.isdigit() or serial.startswith("0") or int(serial) >= 1 << 63 or len(fields["timestamp"]) < 9:
        raise Refusal("PARAM_ERROR", "request_serial is a number without a leading zero; timestamp has ten digits")
    if any(mark > "\uffff" for mark in fields["contract_display_account"]):
        raise Refusal("PARAM_ERROR", "characters of four bytes are not supported")
    contract = by_code(world, fields["contract_code"]) or _new(world, fields)
    if contract["state"] != "pending":
        raise Refusal("CONTRACT_EXISTED", "the code was signed before")
    contract |= {"notify_url": fields["notify_url"], "token": token(), "opened": False}
    contract["page_until"] = (world.now() + timedelta(minutes=PAGE_MINUTES)).isoformat()
    world.store.put("wechat.token", contract["token"], {"contract": contract["contract_id"]})
    return world.save_contract(contract)


def _new(world: World, fields: dict[str, str]) -> Document:
    number = world.serial("Wx")
    world.store.put("wechat.code", fields["contract_code"], {"contract": number})
    return {
        "contract_id": number,
        "contract_code": fields["contract_code"],
        "plan_id": fields["plan_id"],
        "display": fields["contract_display_account"],
        "request_serial": fields["request_serial"],
        # One payer has one contract of a plan, so every contract here has its own payer.
        "openid": f"oSandboxPayer{world.store.next_number('payer'):016d}",
        "state": "pending",
        "signed": "",
        "expires": "",
        "ended": "",
        "mode": "",
        "notice": None,
        "charged": [],
        "back": "",
    }


def by_code(world: World, code: str) -> Document | None:
    known = world.store.get("wechat.code", code)
    return world.contract(known["contract"]) if known else None


def find_asked(world: World, fields: Document) -> Document:
    number, code = fields.get("contract_id"), fields.get("contract_code")
    found = world.contract(str(number)) if number else by_code(world, str(code))
    if found is None:
        raise Refusal("CONTRACT_NOT_EXIST")
    return found


def sign(world: World, contract: Document) -> Document:
    if contract["state"] != "pending":
        raise Refusal("CONTRACT_EXISTED")
    expires = (world.now() + VALID).isoformat()
    contract |= {"state": "active", "signed": world.stamp(), "expires": expires}
    world.save_contract(contract)
    notifies.contract_changed(world, contract, "ADD")
    return contract


def end(world: World, contract: Document, mode: str = BY_USER) -> Document:
    if contract["state"] != "active":
        raise Refusal("CONTRACT_NOT_EXIST")
    contract |= {"state": "ended", "ended": world.stamp(), "mode": mode}
    world.save_contract(contract)
    notifies.contract_changed(world, contract, "DELETE")
    return contract


def expire(world: World, contract: Document) -> Document:
    """The end of validity comes without any word to the merchant."""
    contract["expires"] = (world.now() - timedelta(seconds=1)).isoformat()
    return world.save_contract(contract)


def is_over(world: World, contract: Document) -> bool:
    return contract["state"] == "active" and contract["expires"] <= world.stamp()


def fresh(world: World, contract: Document) -> bool:
    """Within the first twelve hours a deduction needs no notice and runs at once."""
    return world.now() < datetime.fromisoformat(contract["signed"]) + timedelta(hours=12)


def query(world: World, fields: dict[str, str]) -> dict[str, str]:
    found = find_asked(world, fields)
    return {
        "contract_id": found["contract_id"],
        "plan_id": found["plan_id"],
        "openid": found["openid"],
        "request_serial": found["request_serial"],
        "contract_code": found["contract_code"],
        "contract_display_account": found["display"],
        "contract_state": {"pending": "9", "active": "0", "ended": "1"}[found["state"]],
        "contract_signed_time": spaced(found["signed"]),
        "contract_expired_time": spaced(found["expires"]),
        "contract_terminated_time": spaced(found["ended"]),
        "contract_termination_mode": found["mode"],
        "err_code": "0",
        "err_code_des": "SUCCESS",
    }


def delete(world: World, fields: dict[str, str]) -> dict[str, str]:
    if not fields.get("contract_termination_remark"):
        raise Refusal("PARAM_ERROR", "contract_termination_remark is required")
    ended = end(world, find_asked(world, fields), BY_MERCHANT)
    return {"contract_id": ended["contract_id"]}
