"""Alipay's asynchronous notifies: verify the form, make sure it is about us, translate."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from wallets.providers.alipay import reading
from wallets.providers.alipay.gateway import read_time
from wallets.providers.alipay.signing import Verifier, notify_contents
from wallets.providers.errors import InvalidWebhook
from wallets.providers.messages import Event, HttpIn, RefundResult
from wallets.providers.vocabulary import EventKind, MandateState, RefundState

LARGEST_BODY = 64 * 1024
MOST_FIELDS = 100
AGREEMENT_STATUS = {"dut_user_sign": "NORMAL", "dut_user_unsign": "UNSIGN"}
SAFE_FIELDS = (
    "notify_id", "notify_type", "notify_time", "trade_status", "out_trade_no", "trade_no", "total_amount",
    "trans_currency", "refund_fee", "out_biz_no", "gmt_create", "gmt_payment", "gmt_refund", "gmt_close",
    "agreement_no", "external_agreement_no", "status", "sign_time", "unsign_time", "valid_time", "invalid_time",
)  # fmt: skip


def events(call: HttpIn, *, verifier: Verifier, app_id: str, seller_id: str, now: datetime) -> list[Event]:
    form = _form(call.body)
    _check_signature(form, verifier)
    _check_addressee(form, app_id=app_id, seller_id=seller_id)
    try:
        return [_agreement(form, now) if form["notify_type"] in AGREEMENT_STATUS else _trade(form)]
    except (KeyError, ValueError) as error:
        raise InvalidWebhook("The notify lacks a field it must have.", field=str(error)) from error


def _form(body: bytes) -> dict[str, str]:
    if len(body) > LARGEST_BODY:
        raise InvalidWebhook("The notify is larger than any Alipay sends.")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise InvalidWebhook("The notify is not a form.") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise InvalidWebhook("The notify repeats a field.")
    return form


def _check_signature(form: Mapping[str, str], verifier: Verifier) -> None:
    signature = form.get("sign", "")
    rsa2 = form.get("sign_type") == "RSA2"
    if not (rsa2 and any(verifier.verify(content, signature) for content in notify_contents(form))):
        raise InvalidWebhook("The notify is not signed by Alipay's key.")


def _check_addressee(form: Mapping[str, str], *, app_id: str, seller_id: str) -> None:
    """A genuine signature may belong to another merchant's payment."""
    seller = form.get("seller_id") or form.get("partner_id")
    if form.get("app_id") != app_id or seller != seller_id:
        raise InvalidWebhook("The notify is about another merchant.")


def _facts(form: Mapping[str, str]) -> dict[str, str]:
    return {name: form[name] for name in SAFE_FIELDS if name in form}


def _trade(form: Mapping[str, str]) -> Event:
    payment, refund = reading.payment(form), form.get("out_biz_no", "")
    if payment.amount is None or not payment.merchant_ref:
        raise ValueError("out_trade_no and total_amount")
    return Event(
        kind=EventKind.PAYMENT,
        dedupe_key=_required(form, "notify_id"),
        type=form["notify_type"],
        occurred_at=read_time(form.get("gmt_refund") or form.get("gmt_payment") or form.get("notify_time")),
        payment=payment,
        refund=RefundResult(state=RefundState.UNKNOWN, refund_ref=refund) if refund and payment.refunded else None,
        # No trusted clock in the notify: an old genuine one could be replayed, so money is confirmed by a query.
        confirm_first=True,
        facts=_facts(form),
    )


def _agreement(form: Mapping[str, str], now: datetime) -> Event:
    status = {"status": AGREEMENT_STATUS[form["notify_type"]], "external_agreement_no": "", **form}
    mandate = reading.mandate(status, now)
    return Event(
        kind=EventKind.MANDATE,
        dedupe_key=_required(form, "notify_id"),
        type=form["notify_type"],
        occurred_at=mandate.ended_at or mandate.signed_at,
        mandate=mandate,
        confirm_first=mandate.state is not MandateState.REVOKED,
        facts=_facts(form),
    )


def _required(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise ValueError(name)
    return form[name]
