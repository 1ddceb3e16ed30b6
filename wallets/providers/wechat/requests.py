"""What each request says, checked before it is signed."""

import hashlib
import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from common.errors import InvalidInput
from common.money import Money
from wallets.providers.messages import ChargeRequest, MandateRequest, PaymentRequest, RefundRequest
from wallets.providers.wechat.times import compact, rfc3339

HOME_CURRENCY = "CNY"
REFERENCE_ALPHABET = string.ascii_letters + string.digits + "_-|*"
SHORTEST, LONGEST = 6, 32
SUBJECT_LIMIT = 120
STARTING_LIMIT = 50_000
_PLAIN = frozenset(string.ascii_letters + string.digits)
LAST_OF_THREE_BYTES = "\uffff"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The template that WeChat Pay approved for us; `limit` in fen is the most one deduction may take."""

    plan_id: str
    limit: int = STARTING_LIMIT
    in_browser: bool = False


@dataclass(frozen=True, kw_only=True)
class Merchant:
    mch_id: str
    app_id: str
    server_ip: str = field(default="127.0.0.1", repr=False)


def reference(attempt_id: str) -> str:
    """Letters, digits and underscores, 6 to 32 of them, different for different ids."""
    escaped = "".join(chr(byte) if chr(byte) in _PLAIN else f"_{byte:02x}" for byte in attempt_id.encode())
    fits = SHORTEST <= len(escaped) <= LONGEST
    return escaped if fits else hashlib.sha256(attempt_id.encode()).hexdigest()[:LONGEST]


def check_plan(limit: Money, plan: Plan) -> None:
    if limit.minor > plan.limit:
        highest = Money(plan.limit, limit.currency).to_decimal_string()
        raise InvalidInput(
            _("WeChat Pay takes at most %(highest)s in one automatic payment. Choose a lower amount.")
            % {"highest": highest},
            field="single_limit",
        )


def plain(text: str, longest: int = SUBJECT_LIMIT) -> str:
    """APIv2 refuses characters of four bytes (emoji, rare characters)."""
    return "".join(mark for mark in text if " " <= mark <= LAST_OF_THREE_BYTES)[:longest]


def order(request: PaymentRequest, merchant: Merchant, *, kind: str) -> dict[str, Any]:
    content: dict[str, Any] = {
        "appid": merchant.app_id,
        "mchid": merchant.mch_id,
        "description": request.subject[:SUBJECT_LIMIT],
        "out_trade_no": request.merchant_ref,
        "notify_url": request.notify_url,
        "amount": {"total": request.amount.minor, "currency": request.amount.currency},
    }
    if request.expires_at:
        content["time_expire"] = rfc3339(request.expires_at)
    if kind == "h5":
        address = request.client_ip or merchant.server_ip
        content["scene_info"] = {"payer_client_ip": address, "h5_info": {"type": "Wap"}}
    if kind == "jsapi":
        content["payer"] = {"openid": request.payer_hint}
    return content


def refund(request: RefundRequest, paid: Money) -> dict[str, Any]:
    reason = {"reason": request.reason[:80]} if request.reason else {}
    amounts = {"refund": request.amount.minor, "total": paid.minor, "currency": paid.currency}
    names = {"out_trade_no": request.merchant_ref, "out_refund_no": request.refund_ref}
    return {**names, **reason, "amount": amounts}


def contract(request: MandateRequest, plan: Plan, now: datetime) -> dict[str, str]:
    """The fields every way of signing has. `request_serial` only orders the requests; it must not start with 0."""
    seconds = str(int(now.timestamp()))
    return {
        "plan_id": plan.plan_id,
        "contract_code": request.merchant_ref,
        "request_serial": f"{seconds}{secrets.randbelow(10**6):06d}",
        "contract_display_account": plain(request.subject, 32),
        "notify_url": request.notify_url,
        "timestamp": seconds,
        "version": "1.0",
    }


def order_with_contract(
    request: PaymentRequest, agreement: MandateRequest, merchant: Merchant, plan: Plan, *, now: datetime
) -> dict[str, str]:
    """An order of APIv2 and the contract to sign by paying it."""
    terms = contract(agreement, plan, now)
    signed = {name: terms[name] for name in ("plan_id", "contract_code", "request_serial", "contract_display_account")}
    currency = request.amount.currency
    return {
        **signed,
        "contract_mchid": merchant.mch_id,
        "contract_appid": merchant.app_id,
        "contract_notify_url": agreement.notify_url,
        "body": plain(request.subject),
        "out_trade_no": request.merchant_ref,
        "total_fee": str(request.amount.minor),
        "fee_type": "" if currency == HOME_CURRENCY else currency,
        "spbill_create_ip": request.client_ip or merchant.server_ip,
        "notify_url": request.notify_url,
        "time_expire": compact(request.expires_at) if request.expires_at else "",
    }


def deduction(request: ChargeRequest, merchant: Merchant) -> dict[str, str]:
    currency = request.amount.currency
    return {
        "body": plain(request.subject),
        "out_trade_no": request.merchant_ref,
        "total_fee": str(request.amount.minor),
        "fee_type": "" if currency == HOME_CURRENCY else currency,
        "spbill_create_ip": merchant.server_ip,
        "notify_url": request.notify_url,
        "trade_type": "PAP",
        "contract_id": request.mandate.mandate_ref,
    }


def notice(request: ChargeRequest, merchant: Merchant) -> dict[str, Any]:
    """Without `deduct_duration` a notice allows seven days, the most there is."""
    estimated = {"amount": request.amount.minor, "currency": request.amount.currency}
    return {"mchid": merchant.mch_id, "appid": merchant.app_id, "estimated_amount": estimated}
