"""PayPal without a wire: an adapter whose questions a test answers one by one."""

from datetime import UTC, date, datetime

from common.http import HttpResponse, Operation
from common.money import Money
from tests.wallets.talk import Talk, says
from wallets.providers.base import (
    ChargeRequest,
    MandateSnapshot,
    MandateState,
    MandateTerms,
    PaymentRequest,
    PeriodUnit,
    RefundRequest,
)
from wallets.providers.paypal.adapter import PayPal
from wallets.providers.paypal.certificates import Certificates
from wallets.providers.paypal.gateway import Gateway
from wallets.providers.paypal.webhooks import Webhooks

OURS, NUMBER, ORDER, WALLET = "MERCHANT1", "attempt-1", "5O190127TN364715T", "8kk8451t"
NOW = datetime(2026, 12, 10, 12, tzinfo=UTC)
AMOUNT = Money(1234, "USD")
TERMS = MandateTerms(
    single_limit=Money(5000, "USD"), period_unit=PeriodUnit.MONTH, period=1, first_charge_on=date(2026, 12, 10)
)
MANDATE = MandateSnapshot(mandate_ref=WALLET, merchant_ref="mandate-1", state=MandateState.ACTIVE, terms=TERMS)
PAYMENT = PaymentRequest(merchant_ref=NUMBER, amount=AMOUNT, subject="Instalment 1", notify_url="http://127.0.0.1:1/")
CHARGE = ChargeRequest(merchant_ref=NUMBER, mandate=MANDATE, amount=AMOUNT, subject="Instalment 1", notify_url="")
REFUND = RefundRequest(merchant_ref=NUMBER, refund_ref="refund-1", amount=AMOUNT, provider_ref=ORDER)
TOKEN = says({"access_token": "T", "expires_in": 3600})


def adapter(*, takes_money: bool = True) -> PayPal:
    certificates = Certificates(base="https://api.paypal.com/", host="certs.example.com", roots=b"")
    webhooks = Webhooks(certificates=certificates, webhook_id="HOOK1", merchant_id=OURS, now=lambda: NOW)
    gateway = Gateway(url="https://paypal.test", client_id="client", secret="secret", now=lambda: NOW)
    return PayPal(gateway, webhooks=webhooks, merchant_id=OURS, takes_money=takes_money)


def refuses(issue: str, status: int = 422) -> HttpResponse:
    return says({"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": issue}]}, status)


def talk() -> Talk:
    return Talk("paypal.token", TOKEN)


def ask(operation: Operation, *answers: HttpResponse) -> object:
    return talk().run(operation, *answers)


def money(text: str = "12.34", currency: str = "USD") -> dict[str, str]:
    return {"currency_code": currency, "value": text}


def capture(**changes: object) -> dict:
    return {"id": "2GG279541U471931P", "status": "COMPLETED", "invoice_id": NUMBER, "amount": money(), **changes}


def refund(**changes: object) -> dict:
    names = {"id": "1JU08902781691411", "invoice_id": NUMBER, "custom_id": "refund-1"}
    return {**names, "status": "COMPLETED", "amount": money(), **changes}


def order(status: str = "CREATED", *, captures: tuple = (), refunds: tuple = (), **changes: object) -> dict:
    """An order as PayPal shows it; `changes` are those of its one purchase unit."""
    payments = {"captures": list(captures), "refunds": list(refunds)}
    unit = {"invoice_id": NUMBER, "custom_id": "open", "amount": money(), "payee": {"merchant_id": OURS}}
    page = {"rel": "payer-action", "href": "https://paypal.test/checkoutnow?token=1"}
    return {
        "id": ORDER,
        "status": status,
        "purchase_units": [{**unit, "payments": payments, **changes}],
        "links": [page],
    }


def paid(**changes: object) -> dict:
    return order("COMPLETED", captures=(capture(),), **changes)
