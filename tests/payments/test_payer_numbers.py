"""The number on a receipt is one the payer finds in their own wallet, or there is none."""

from __future__ import annotations

import pytest

from payments.documents.payer_numbers import payer_number, shortened
from payments.models import Attempt, Payment, ProviderEvent
from wallets.models import Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt_by(account):
    def made(key: str, reference: str) -> Attempt:
        provider, _new = Provider.objects.get_or_create(key=key, defaults={"name": key})
        payment = Payment.objects.create(
            account=account, state="failed", amount_minor=100, currency=account.currency, source="link"
        )
        return Attempt.objects.create(
            payment=payment, provider=provider, merchant_reference=f"ref{payment.pk}", provider_reference=reference,
            state="succeeded", amount_minor=100, currency=account.currency,
        )  # fmt: skip

    return made


def noticed(attempt: Attempt, outcome: str, **fields: str) -> None:
    ProviderEvent.objects.create(
        provider=attempt.provider,
        dedupe_key=f"{attempt.pk}{outcome}",
        kind="payment",
        merchant_reference=attempt.merchant_reference,
        facts={"type": "stkCallback", "said": {}, "fields": fields},
        outcome=outcome,
    )


def test_of_mpesa_it_is_the_code_in_the_message_on_the_phone(attempt_by):
    attempt = attempt_by("mpesa", "ws_CO_1/100")
    assert payer_number(attempt) == ""
    noticed(attempt, "refused", MpesaReceiptNumber="FORGED0001")
    assert payer_number(attempt) == ""
    noticed(attempt, "applied", MpesaReceiptNumber="NLJ7RT61SV", ResultCode="0")
    assert payer_number(attempt) == "NLJ7RT61SV"


@pytest.mark.parametrize(
    ("key", "reference", "shown"),
    [
        ("usdt_eth", "u1.20000.USD.200000000.12.1700000000.0011aabb", ""),
        ("stripe", "pi_3Nabc", ""),
        ("alipay", "2026112222001", "2026112222001"),
    ],
)
def test_an_internal_number_is_not_shown(attempt_by, key, reference, shown):
    assert payer_number(attempt_by(key, reference)) == shown


def test_a_long_number_is_shortened_so_that_both_ends_can_be_compared():
    number = "0x" + "0123456789abcdef" * 4
    assert shortened(number) == "0x01234567…89abcdef" and shortened("NLJ7RT61SV") == "NLJ7RT61SV"
