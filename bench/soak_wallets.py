"""The wallets of the soak: how an agreement is signed in each, copied a thousand times, paid beside, and forged."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx

from accounts.models import Account
from common.clock import today
from common.money import Money
from payments.services import refresh_payment, start_link_payment
from tests.payments.helpers import EVIDENCE, TERMS, create_link
from wallets.models import Mandate, Provider
from wallets.sandbox.store import Store
from wallets.sandbox.testing import ControlClient
from wallets.services import propose_mandate, refresh_mandate, start_mandate

SOMEWHERE = "203.0.113.7"


@dataclass(frozen=True)
class Kind:
    """`days`: the agreed first debit, counted from the day on which the instalment is due: a wallet that takes money
    up to that day only leaves room for retries and lost days. `charging`: its call that debits; `decline`: which call
    refuses for want of money, and in which words.
    """

    key: str
    name: str
    currency: str
    charging: str
    decline: tuple[str, str]
    copy: Callable[[Store, Mandate, Mandate, int], None]
    days: int = 0

    def register(self) -> Provider:
        return Provider.objects.create(
            key=self.key,
            name=self.name,
            status="vetted",
            currencies=[self.currency],
            review_due=today() + timedelta(days=300),
        )

    def sign(self, account: Account, control: ControlClient, *, due: date, cap: int) -> Mandate:
        mandate = propose_mandate(
            account,
            self.key,
            cap=Money(cap, self.currency),
            first_debit_on=due + timedelta(days=self.days),
            period=30,
            evidence=EVIDENCE,
            terms=TERMS,
        )
        page = start_mandate(mandate, return_url="http://127.0.0.1/back", client_ip=SOMEWHERE)
        there = control.open(page.url or page.payload)
        if self.key in PRESSED:
            control.press(f"{there}/sign")
        else:
            control.of(self.key).user("sign", reference=mandate.merchant_reference)
        mandate.refresh_from_db()
        refresh_mandate(mandate)
        if mandate.state != "active":
            raise RuntimeError(f"The agreement at {self.name} could not be signed.")
        return mandate

    def pay(self, account: Account, control: ControlClient, minor: int, *, form: str, finish: bool, back: bool) -> None:
        """Somebody opens a link of ours and the wallet's page, perhaps pays there, and perhaps comes back to us."""
        started = start_link_payment(
            create_link(account)[0],
            amount_minor=minor,
            provider_key=self.key,
            return_url="http://127.0.0.1/back",
            idempotency=form,
            client_ip=SOMEWHERE,
        )
        if started.action and started.action.url and finish:
            there = control.open(started.action.url)
            if self.key in PRESSED:
                control.press(f"{there}/pay")
            else:
                reference = started.payment.attempts.get().merchant_reference
                control.of(self.key).user("pay", reference=reference)
        if back:
            refresh_payment(started.payment)

    def forge(self, site_url: str, reference: str) -> None:
        """A stranger says that somebody has paid."""
        content, kind = FORGED[self.key](reference)
        headers = {"content-type": kind, "stripe-signature": "t=1,v1=00", "Wechatpay-Signature": "AAAA"}
        with suppress(httpx.HTTPError):
            httpx.post(
                f"{site_url}/webhooks/wallets/{self.key}/",
                content=content,
                headers=headers,
                trust_env=False,
                timeout=20,
            )


def copied(signed: Mandate, account: Account, number: int, store: Store, kind: Kind) -> Mandate:
    """Another agreement with the same words, in our books and in the wallet's: pages would take an hour."""
    own = ("account", "payment_method", "merchant_reference", "provider_reference", "provider_reference_index", "state")
    fields = [field for field in Mandate._meta.concrete_fields if not field.primary_key and field.name not in own]
    mandate = Mandate.objects.create(
        **{field.attname: getattr(signed, field.attname) for field in fields},
        account=account,
        merchant_reference=f"{signed.merchant_reference[:24]}x{number}",
    )
    # Sealed for its row, so the row has to be there.
    mandate.provider_reference, mandate.state = f"{signed.provider_reference}{number:06d}", signed.state
    mandate.save()
    kind.copy(store, signed, mandate, number)
    return mandate


def _at_alipay(store: Store, signed: Mandate, mandate: Mandate, number: int) -> None:
    names = {"agreement_no": mandate.provider_reference, "external_agreement_no": mandate.merchant_reference}
    _put_like(store, "alipay.agreement", signed.provider_reference, mandate.provider_reference, names)
    store.put("alipay.external", mandate.merchant_reference, {"agreement": mandate.provider_reference})


def _at_wechat(store: Store, signed: Mandate, mandate: Mandate, number: int) -> None:
    names = {"contract_id": mandate.provider_reference, "contract_code": mandate.merchant_reference}
    names["openid"] = f"oSoakPayer{number:018d}"
    _put_like(store, "wechat.contract", signed.provider_reference, mandate.provider_reference, names)
    store.put("wechat.code", mandate.merchant_reference, {"contract": mandate.provider_reference})


def _at_stripe(store: Store, signed: Mandate, mandate: Mandate, number: int) -> None:
    names = {"id": mandate.provider_reference}
    _put_like(store, "stripe.payment_method", signed.provider_reference, mandate.provider_reference, names)
    store.put("stripe.behaviour", mandate.provider_reference, {"choice": "visa"})


def _at_paypal(store: Store, signed: Mandate, mandate: Mandate, number: int) -> None:
    theirs = store.get("paypal.token", signed.provider_reference) or {}
    customer = {**theirs["customer"], "id": f"soak{number}", "merchant_customer_id": mandate.merchant_reference}
    names = {"id": mandate.provider_reference, "customer": customer}
    _put_like(store, "paypal.token", signed.provider_reference, mandate.provider_reference, names)


def _put_like(store: Store, kind: str, known: str, made: str, names: dict[str, Any]) -> None:
    theirs = store.get(kind, known)
    if theirs is None:
        raise RuntimeError(f"{kind} {known} is not in the wallet's books.")
    store.put(kind, made, {**theirs, **names})


def _form(reference: str) -> tuple[bytes, str]:
    fields = {"notify_id": reference[:8], "notify_type": "trade_status_sync", "sign": "AAAA"}
    fields |= {"trade_status": "TRADE_SUCCESS", "out_trade_no": reference, "total_amount": "400.00"}
    return str(httpx.QueryParams(fields)).encode(), "application/x-www-form-urlencoded"


def _json(**about: Any) -> Callable[[str], tuple[bytes, str]]:
    return lambda reference: (json.dumps({**about, "reference": reference}).encode(), "application/json")


# Their pages are pressed as a browser does; at the others the payer acts in the wallet.
PRESSED = ("alipay", "wechat")
FORGED = {
    "alipay": _form,
    "wechat": _json(id="1", event_type="TRANSACTION.SUCCESS", resource={"ciphertext": "AAAA", "nonce": "1"}),
    "stripe": _json(id="evt_1", object="event", type="payment_intent.succeeded"),
    "paypal": _json(id="WH-1", event_type="PAYMENT.CAPTURE.COMPLETED", resource={}),
}
KINDS = (
    Kind(
        key="alipay", name="Alipay", currency="CNY", copy=_at_alipay, days=4, charging="alipay.trade.pay",
        decline=("alipay.trade.pay", "ACQ.BUYER_BALANCE_NOT_ENOUGH"),
    ),
    Kind(
        key="wechat", name="WeChat Pay", currency="CNY", copy=_at_wechat, charging="pappayapply",
        decline=("deduction", "NOTENOUGH"),
    ),
    Kind(
        key="stripe", name="Stripe", currency="USD", copy=_at_stripe, charging="payment_intents",
        decline=("payment_intents", "insufficient_funds"),
    ),
    Kind(
        key="paypal", name="PayPal", currency="USD", copy=_at_paypal, charging="orders.create",
        decline=("orders.create", "INSTRUMENT_DECLINED"),
    ),
)  # fmt: skip
