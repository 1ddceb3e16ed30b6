"""The pages about debit tries in a real browser: accessible, and no wider than the screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from payments.models import RetryDecision
from payments.retries.folding import fold_tries
from tests import factories
from tests.pages.test_browser import RULES, SCREENS, open_page
from tests.pages.test_browser import pytestmark as in_a_browser
from tests.payments.retries.rows import instalment_of, tried
from wallets.models import Provider

pytestmark = in_a_browser
__all__ = ["open_page"]
AT = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def addresses(installed, account):
    provider = Provider.objects.create(key="alipay", name="Alipay", status="vetted")
    for number in range(1, 31):
        made = tried(instalment_of(account, number), provider, AT, state="reversed" if number % 3 else "failed")
    row = made.payment.instalment
    row.state, row.retry_on = "noticed", AT.date() + timedelta(days=1)
    row.save()
    because = [{"code": "failed", "reason": "insufficient_funds"}, {"code": "rung", "rung": 1, "days": 1}]
    RetryDecision.objects.create(
        attempt=made,
        instalment=row,
        outcome="retry",
        ladder="declined",
        rung=0,
        next_at=AT + timedelta(days=1),
        reason="insufficient_funds",
        because=because,
    )
    fold_tries()
    tries = f"{reverse('retry_tries')}?provider=alipay&reason=first&currency=CNY&digits=3"
    return [reverse("retry_list"), tries, reverse("account_page", args=[account.reference])]


@pytest.mark.parametrize(("width", "height", "scheme"), SCREENS, ids=["phone", "desktop"])
def test_the_pages_about_tries_are_accessible_and_fit(
    addresses, open_page, live_server, width, height, scheme, monkeypatch
):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page = open_page(factories.user(role="admin"), width=width, height=height, scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    for address in addresses:
        page.goto(live_server.url + address, wait_until="networkidle")
        violations = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        complaints += [f"{address}: {rule['id']}" for rule in violations]
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        complaints += [f"{address}: {wider} px wider than the screen"] if wider > 0 else []
    assert complaints == []
