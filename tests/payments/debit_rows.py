"""Agreed debits that are due and announced, made of rows alone: for stories of many, in which no wallet is opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from accounts.models import Account
from common.clock import now, today
from payments.debits.claiming import Claimed
from payments.debits.sending import Answered
from payments.models import Instalment, Plan
from payments.plans import create_plan
from tests import factories
from wallets.models import Mandate, PaymentMethod, Provider
from wallets.providers.base import PaymentResult, PaymentState

EVIDENCE = {"agreed_at": "2026-01-01T00:00:00+00:00", "ip": "203.0.113.7", "user_agent": "phone"}


def paypal() -> Provider:
    """A wallet without hours or periods of its own."""
    return Provider.objects.create(key="paypal", name="PayPal", status="vetted", currencies=["USD"])


def due_plan(
    provider: Provider, parts: Sequence[int] = (1_000, 2_000), *, balance: int = 10_000, cap: int = 5_000, **account
) -> Plan:
    """A plan whose first part may be debited now, under a signed agreement, for an account of its own."""
    owner: Account = factories.account(balance_minor=balance, currency="USD", reachable=False, **account)
    linked = PaymentMethod.objects.create(
        debtor=owner.debtor, provider=provider, token=f"payer-{owner.pk}", origin="mandate"
    )
    mandate = Mandate.objects.create(
        account=owner,
        provider=provider,
        payment_method=linked,
        merchant_reference=f"M{owner.pk}",
        state="active",
        currency="USD",
        cap_minor=cap,
        first_debit_on=today(),
        terms_version="1",
        terms_text="We may debit at most this much every 30 days.",
        evidence=EVIDENCE,
        signed_at=now(),
    )
    numbered(mandate, f"W{owner.pk}")
    days = [(today() + timedelta(days=30 * number), minor) for number, minor in enumerate(parts)]
    plan = create_plan(owner, parts=days, mandate=mandate)
    make_due(plan.instalments.get(number=1))
    return plan


def numbered(mandate: Mandate, number: str) -> Mandate:
    """The wallet's number of it, which is sealed for its row: the row comes first."""
    mandate.provider_reference = number
    mandate.save()
    return mandate


def make_due(row: Instalment) -> None:
    told = now() - timedelta(days=3)
    row.state, row.noticed_at, row.notice_sent_at = "noticed", told, told
    row.debit_not_before = now() - timedelta(minutes=1)
    row.save()


def paid(claim: Claimed) -> Answered:
    """The wallet says: debited, as asked."""
    return Answered(claim=claim, result=success(claim.request.merchant_ref, claim.request.amount))


def success(reference, amount) -> PaymentResult:
    return PaymentResult(
        state=PaymentState.SUCCEEDED,
        merchant_ref=reference,
        provider_ref=f"P-{reference}",
        amount=amount,
        paid_at=now(),
    )
