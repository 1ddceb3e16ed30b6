"""The business content of each request, checked before it is signed."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from common.errors import InvalidInput
from common.money import Money
from wallets.providers.alipay.gateway import alipay_time
from wallets.providers.alipay.reading import HOME_CURRENCY
from wallets.providers.alipay.window import LAST_DAY_OF_MONTH, SHORTEST_DAY_PERIOD
from wallets.providers.messages import (
    Action,
    ChargeRequest,
    MandateRequest,
    MandateTerms,
    PaymentRequest,
    RefundRequest,
)
from wallets.providers.vocabulary import ActionKind, Channel, PeriodUnit

PERSONAL_PRODUCT = "CYCLE_PAY_AUTH_P"
SUBJECT_LIMIT = 256
REFERENCE_ALPHABET = string.ascii_letters + string.digits + "_"
_PLAIN = frozenset(string.ascii_letters + string.digits)
_PAGE_PRODUCTS = {
    Channel.DESKTOP: "FAST_INSTANT_TRADE_PAY",
    Channel.PHONE: "QUICK_WAP_WAY",
    Channel.APP: "QUICK_MSECURITY_PAY",
}
_OPEN_IN_WALLET = "alipays://platformapi/startapp?appId=20000067&url="


@dataclass(frozen=True, kw_only=True)
class Agreements:
    """What the merchant's contract for periodic deduction says."""

    sign_scene: str
    product_code: str
    in_browser: bool

    def action(self, url: str, channel: Channel) -> Action:
        """The agreement page only works inside the Alipay client: open it there, or show a QR code to scan with it."""
        if self.in_browser:
            return Action(kind=ActionKind.REDIRECT, url=url)
        deeplink = _OPEN_IN_WALLET + quote(url, safe="")
        if channel is Channel.PHONE:
            return Action(kind=ActionKind.DEEPLINK, url=deeplink)
        return Action(kind=ActionKind.QR, payload=deeplink)


def reference(attempt_id: str, longest: int) -> str:
    """Letters, digits and underscores, different for different ids; too long for that, `""`."""
    if attempt_id.isascii() and attempt_id.isalnum() and len(attempt_id) <= longest:
        return attempt_id
    escaped = "".join(chr(byte) if chr(byte) in _PLAIN else f"_{byte:02x}" for byte in attempt_id.encode())
    return escaped if len(escaped) <= longest else ""


def money(amount: Money, name: str = "total_amount") -> dict[str, str]:
    """The amount in the currency's own decimals; the currency is only named when it is not the home currency."""
    fields = {name: amount.to_decimal_string()}
    return fields if amount.currency == HOME_CURRENCY else {**fields, "trans_currency": amount.currency}


def trade(request: PaymentRequest) -> dict[str, Any]:
    content: dict[str, Any] = {
        "out_trade_no": request.merchant_ref,
        **money(request.amount),
        "subject": request.subject[:SUBJECT_LIMIT],
    }
    if request.channel in _PAGE_PRODUCTS:
        content["product_code"] = _PAGE_PRODUCTS[request.channel]
    if request.expires_at:
        content["time_expire"] = alipay_time(request.expires_at)
    if request.channel is Channel.PHONE and request.return_url:
        content["quit_url"] = request.return_url
    return content


def charge(request: ChargeRequest, agreements: Agreements) -> dict[str, Any]:
    return {
        "out_trade_no": request.merchant_ref,
        **money(request.amount),
        "subject": request.subject[:SUBJECT_LIMIT],
        "product_code": agreements.product_code,
        "agreement_params": {"agreement_no": request.mandate.mandate_ref},
    }


def refund(request: RefundRequest) -> dict[str, Any]:
    names = {"out_trade_no": request.merchant_ref, "out_request_no": request.refund_ref}
    optional = {"trade_no": request.provider_ref, "refund_reason": request.reason[:SUBJECT_LIMIT]}
    return {**names, **money(request.amount, "refund_amount"), **_present(optional)}


def agreement(request: MandateRequest, agreements: Agreements, today: date) -> dict[str, Any]:
    _check_terms(request.terms)
    content: dict[str, Any] = {
        "personal_product_code": PERSONAL_PRODUCT,
        "product_code": agreements.product_code,
        "sign_scene": agreements.sign_scene,
        "external_agreement_no": request.merchant_ref,
        "access_params": {"channel": "ALIPAYAPP" if request.channel in (Channel.PHONE, Channel.APP) else "QRCODE"},
        "period_rule_params": _period(request.terms),
        **_present({"external_logon_id": request.login_ref}),
    }
    if request.terms.valid_until:
        days = (request.terms.valid_until - today).days
        content["sign_validity_period"] = f"{max(days, 1)}d"
    return content


def signed_while_paying(request: MandateRequest, agreements: Agreements, today: date) -> dict[str, Any]:
    """The same agreement as a part of a payment: it has no product of its own, and its notices an address."""
    content = agreement(request, agreements, today)
    del content["product_code"]
    return {**content, "sign_notify_url": request.notify_url}


def _check_terms(terms: MandateTerms) -> None:
    monthly = terms.period_unit is PeriodUnit.MONTH
    if monthly and terms.first_charge_on.day > LAST_DAY_OF_MONTH:
        raise InvalidInput(
            _("Alipay debits a monthly plan on day 1 to 28. Choose such a day."), field="first_charge_on"
        )
    if terms.period < 1 or (not monthly and terms.period < SHORTEST_DAY_PERIOD):
        raise InvalidInput(_("Alipay debits at most once in 7 days. Choose a longer period."), field="period")


def _period(terms: MandateTerms) -> dict[str, str]:
    limits = {
        "total_amount": terms.total_limit.to_decimal_string() if terms.total_limit else "",
        "total_payments": str(terms.total_payments or ""),
    }
    return {
        "period_type": terms.period_unit.value.upper(),
        "period": str(terms.period),
        "execute_time": terms.first_charge_on.isoformat(),
        **money(terms.single_limit, "single_amount"),
        **_present(limits),
    }


def _present(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
