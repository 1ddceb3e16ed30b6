"""支付并签约 (`contractorder`): an order of APIv2, and a contract that is signed by paying it."""

from datetime import datetime

from wallets.sandbox.store import Document
from wallets.sandbox.wechat import contracts, orders
from wallets.sandbox.wechat.merchant import APP_ID, MCH_ID
from wallets.sandbox.wechat.world import BEIJING, Refusal, World, read_currency, read_fen

KINDS = {"NATIVE": "native", "MWEB": "h5"}
ADDRESSES = {"native": "code_url", "h5": "mweb_url"}


def create(world: World, fields: dict[str, str], base_url: str, fault: Document) -> dict[str, str]:
    kind = KINDS.get(fields.get("trade_type", ""))
    if kind is None or (fields.get("contract_mchid"), fields.get("contract_appid")) != (MCH_ID, APP_ID):
        raise Refusal("PARAM_ERROR", "trade_type, contract_mchid and contract_appid are required")
    order = orders.create(world, _order(fields), kind)
    address = orders.place(world, order, base_url)
    told = {"prepay_id": f"wx{order['token']}", "trade_type": fields["trade_type"], ADDRESSES[kind]: address}
    try:
        contract = _propose(world, fields, fault)
    except Refusal as refusal:
        return {**told, "contract_result_code": "FAIL", "contract_err_code": refusal.code}
    world.save_order({**order, "signs": contract["contract_id"]})
    names = {name: fields[name] for name in ("plan_id", "contract_code", "request_serial")}
    return {**told, **names, "contract_result_code": "SUCCESS"}


def _order(fields: dict[str, str]) -> Document:
    """As the newer interface would say it; both write into one book."""
    expires = fields.get("time_expire")
    amount = {"total": read_fen(fields.get("total_fee")), "currency": read_currency(fields.get("fee_type"))}
    return {
        "appid": fields["appid"],
        "mchid": fields["mch_id"],
        "description": fields.get("body", ""),
        "out_trade_no": fields.get("out_trade_no"),
        "notify_url": fields.get("notify_url"),
        "amount": amount,
        "scene_info": {"payer_client_ip": fields.get("spbill_create_ip")},
        **({"time_expire": _moment(expires)} if expires else {}),
    }


def _moment(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING).isoformat()
    except ValueError as error:
        raise Refusal("PARAM_ERROR", "time_expire must be yyyyMMddHHmmss") from error


def _propose(world: World, fields: dict[str, str], fault: Document) -> Document:
    if fault["kind"] == "accept_only":
        raise Refusal(fault["code"] or "CONTRACT_EXISTED", "the order is taken, the contract is not")
    told = {**fields, "notify_url": fields.get("contract_notify_url", "")}
    return contracts.propose(world, {**told, "timestamp": str(int(world.now().timestamp())), "version": "1.0"})
