"""The day of the next try on the debtor's own phone: read, changed, in English and in Chinese."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from common.clock import now, today
from payments.models import Attempt, Instalment, Payment, RetryDecision
from payments.plans import create_plan
from tests import factories
from tests.pages_debtor.browser import CHROMIUM, visitor
from tests.payments.debit_rows import numbered
from tests.payments.helpers import EVIDENCE, TERMS
from wallets.models import Mandate, Provider

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def failed(site, account) -> RetryDecision:
    """A debit that failed a moment ago, four days before the agreed day. The days between are left to the ladder."""
    factories.reword("house", "HOUSE-DEBIT", without="min_gap")
    provider = Provider.objects.get(key="alipay")
    agreed = today("Asia/Shanghai") + timedelta(days=4)
    mandate = Mandate.objects.create(
        account=account, provider=provider, merchant_reference="m1", state="active",
        currency="CNY", cap_minor=50_000, first_debit_on=agreed, terms_version=TERMS.version, terms_text=TERMS.text,
        evidence=EVIDENCE, signed_at=now(),
    )  # fmt: skip
    numbered(mandate, "p1")
    row = create_plan(account, parts=[(today("Asia/Shanghai"), 20_000)], mandate=mandate).instalments.get()
    money = {"amount_minor": 20_000, "currency": "CNY"}
    payment = Payment.objects.create(account=account, instalment=row, source="debit", state="failed", **money)
    attempt = Attempt.objects.create(
        payment=payment, provider=provider, mandate=mandate, merchant_reference="a1", state="failed",
        decline_category="retry_later", reason="insufficient_funds", **money,
    )  # fmt: skip
    at = now() + timedelta(days=1)
    told = {"notice_sent_at": now() - timedelta(days=3), "announced_minor": 20_000, "debit_not_before": at}
    Instalment.objects.filter(pk=row.pk).update(state="noticed", retry_on=at.date(), **told)
    return RetryDecision.objects.create(
        attempt=attempt,
        instalment=row,
        outcome="retry",
        ladder="declined",
        rung=0,
        next_at=at,
        reason="insufficient_funds",
    )


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_next_try_is_said_and_fits(failed, site, debtor, scheme, width, language):
    with visitor(width=width, scheme=scheme) as seen:
        seen.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": site}])
        seen.page.goto(f"{site}{debtor.url('pay')}", wait_until="networkidle")
        words = seen.page.inner_text("main")
        overflow, faults, complaints = seen.overflow(), seen.axe(), seen.complaints
    assert ("We will try again on" in words) == (language == "en")
    assert overflow <= 0 and not faults and not complaints
