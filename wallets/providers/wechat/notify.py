"""WeChat Pay's calls to us: signed and encrypted JSON of APIv3, signed XML of APIv2."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from wallets.providers.errors import InvalidWebhook
from wallets.providers.messages import Event, HttpIn
from wallets.providers.vocabulary import EventKind, MandateState
from wallets.providers.wechat import reading, xml
from wallets.providers.wechat.requests import Merchant
from wallets.providers.wechat.signing import Vault
from wallets.providers.wechat.signing_v2 import SharedKey, content
from wallets.providers.wechat.times import read_rfc3339, read_spaced
from wallets.providers.wechat.v3 import V3

LARGEST_BODY = 64 * 1024
SIGNING_ORDERS = frozenset({"NATIVE", "MWEB"})
ALGORITHM = "AEAD_AES_256_GCM"
PAID, REFUND_PREFIX = "TRANSACTION.SUCCESS", "REFUND."
SAFE_V3 = ("out_trade_no", "transaction_id", "trade_type", "trade_state", "success_time", "out_refund_no", "refund_id",
           "refund_status")  # fmt: skip
SAFE_AMOUNTS = ("total", "refund", "payer_total", "payer_refund", "currency", "payer_currency")
SAFE_V2 = ("out_trade_no", "transaction_id", "total_fee", "fee_type", "time_end", "result_code", "err_code",
           "contract_id", "contract_code", "change_type", "operate_time", "contract_expired_time",
           "contract_termination_mode", "plan_id")  # fmt: skip
CHANGES = {"ADD": reading.ACTIVE, "DELETE": reading.ENDED}
TIMES = {"ADD": "contract_signed_time", "DELETE": "contract_terminated_time"}


def check_size(call: HttpIn) -> None:
    if len(call.body) > LARGEST_BODY:
        raise InvalidWebhook("The notice is larger than any that WeChat Pay sends.")


def json_event(call: HttpIn, *, v3: V3, vault: Vault, merchant: Merchant) -> Event:
    if not v3.verified(call.headers, call.body):
        raise InvalidWebhook("The notice is not signed by WeChat Pay's key, or not now.")
    try:
        envelope = json.loads(call.body)
        data = _opened(envelope["resource"], vault)
        kind, key = str(envelope["event_type"]), str(envelope["id"])
        _check_addressee(data.get("mchid"), data.get("appid", merchant.app_id), merchant)
        return _json_event(kind, key, data, envelope)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidWebhook("The notice lacks something it must have.") from error


def _opened(resource: Mapping[str, str], vault: Vault) -> dict[str, Any]:
    if resource["algorithm"] != ALGORITHM:
        raise ValueError("another cipher")
    associated = resource.get("associated_data") or ""
    text = vault.open(ciphertext=resource["ciphertext"], nonce=resource["nonce"], associated_data=associated)
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError("the resource is no object")
    return data


def _json_event(kind: str, key: str, data: Mapping[str, Any], envelope: Mapping[str, Any]) -> Event:
    facts = _plain_facts(data)
    if not key:
        raise ValueError("a notice without an id")
    told = read_rfc3339(envelope.get("create_time"))
    if kind == PAID:
        payment = reading.payment(data)
        if not payment.merchant_ref or payment.amount is None:
            raise ValueError("a payment without reference or amount")
        at = payment.paid_at or told
        return Event(
            kind=EventKind.PAYMENT,
            dedupe_key=key,
            type=kind,
            occurred_at=at,
            payment=payment,
            confirm_first=True,
            facts=facts,
        )
    if kind.startswith(REFUND_PREFIX):
        refund = reading.refund(data)
        at = refund.refunded_at or told
        return Event(
            kind=EventKind.REFUND,
            dedupe_key=key,
            type=kind,
            occurred_at=at,
            refund=refund,
            confirm_first=True,
            facts=facts,
        )
    return Event(kind=EventKind.OTHER, dedupe_key=key, type=kind[:60], occurred_at=told, facts=facts)


def _plain_facts(data: Mapping[str, Any]) -> dict[str, Any]:
    """Texts and whole numbers only: what else JSON can hold is in no notice of WeChat Pay."""
    amounts = data.get("amount")
    facts: dict[str, Any] = {name: data[name] for name in SAFE_V3 if isinstance(data.get(name), str)}
    if isinstance(amounts, Mapping):
        facts["amount"] = {name: amounts[name] for name in SAFE_AMOUNTS if isinstance(amounts.get(name), str | int)}
    return facts


def xml_event(call: HttpIn, *, key: SharedKey, merchant: Merchant, plan_id: str) -> Event:
    """APIv2 has no clock that can be trusted, so what it says of money or a signature is looked up first."""
    try:
        fields = xml.read(call.body)
    except ValueError as error:
        raise InvalidWebhook("The notice is not a plain XML document.") from error
    if not key.verify(fields):
        raise InvalidWebhook("The notice is not signed with our APIv2 key.")
    _check_addressee(fields.get("mch_id"), fields.get("appid", merchant.app_id), merchant)
    try:
        return _contract(fields, plan_id) if "change_type" in fields else _deduction(fields)
    except (ValueError, KeyError) as error:
        raise InvalidWebhook("The notice lacks a field it must have.", field=str(error)) from error


def _deduction(fields: Mapping[str, str]) -> Event:
    payment = reading.deducted(fields)
    # An order that is paid to sign a contract names it elsewhere; a deduction always names its own.
    if not payment.merchant_ref or not (fields.get("trade_type") in SIGNING_ORDERS or fields["contract_id"]):
        raise ValueError("out_trade_no and contract_id")
    return Event(
        kind=EventKind.PAYMENT,
        dedupe_key=_dedupe_key(fields),
        type="papay.deduction",
        occurred_at=payment.paid_at,
        payment=payment,
        confirm_first=True,
        facts=_facts(fields),
    )


def _contract(fields: Mapping[str, str], plan_id: str) -> Event:
    change, at = fields["change_type"], read_spaced(fields.get("operate_time", ""))
    if "FAIL" in (fields.get("return_code"), fields.get("result_code")) or not fields["contract_id"] or at is None:
        raise ValueError("not a change of a contract")
    if fields["plan_id"] != plan_id:
        raise InvalidWebhook("The notice is about another plan.")
    state = {"contract_state": CHANGES[change], TIMES[change]: fields["operate_time"]}
    mandate = reading.mandate({**fields, **state}, at)
    return Event(
        kind=EventKind.MANDATE,
        dedupe_key=_dedupe_key(fields),
        type=f"papay.contract.{change.lower()}",
        occurred_at=at,
        mandate=mandate,
        confirm_first=mandate.state is MandateState.ACTIVE,
        facts=_facts(fields),
    )


def _dedupe_key(fields: Mapping[str, str]) -> str:
    """A delivery that is repeated may carry a new nonce; what it says stays the same."""
    said = {name: value for name, value in fields.items() if name not in ("nonce_str", "sign_type")}
    return hashlib.sha256(content(said).encode()).hexdigest()


def _facts(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: fields[name][:128] for name in SAFE_V2 if name in fields}


def _check_addressee(mch_id: object, app_id: object, merchant: Merchant) -> None:
    """A genuine signature may belong to another merchant's payment."""
    if (mch_id, app_id) != (merchant.mch_id, merchant.app_id):
        raise InvalidWebhook("The notice is about another merchant.")
