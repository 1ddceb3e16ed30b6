"""The pages about refunds in a real browser: accessible, and no wider than the screen, in every state."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from common.money import Money
from payments.models import Refund
from payments.refunds import request_move, request_refund
from payments.services.refund_results import leave_refund
from tests import factories
from tests.pages.test_browser import RULES, SCREENS, open_page
from tests.pages.test_browser import pytestmark as in_a_browser
from tests.payments.test_refund_amounts import paid_attempt, said
from wallets.providers.base import Dispute

pytestmark = in_a_browser
__all__ = ["open_page"]


@pytest.fixture
def addresses(installed, agent, settings):
    """A surplus with a refund that waits, one that is stuck, a disputed payment, and a move that waits."""
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, "http://127.0.0.1:9"
    first, second = paid_attempt(50_000, 30_000), paid_attempt(40_000, 60_000)
    account = first.payment.account
    other = factories.account(person=account.debtor, placement=account.portfolio, balance_minor=15_000)
    waiting, stuck = (_asked(first, minor, agent) for minor in (5_000, 4_000))
    Refund.objects.filter(pk=stuck.pk).update(state="unknown", decided_by=factories.user(role="lead"))
    leave_refund(Refund.objects.get(pk=stuck.pk), "never_answered", "poll")
    request_move(account, other, amount=Money(10_000, "CNY"), reason="they asked for it", by=agent)
    said(second, disputes=(Dispute(reference="D1", amount=Money(10_000, "CNY"), gone=True, reason="fraudulent"),))
    pages = {"refund_list": [], "surplus_list": [], "surplus_page": [account.reference]}
    of_payment = {"payment_page": [first.payment.reference], "refund_new": [first.payment.reference]}
    found = [reverse(name, args=args) for name, args in {**pages, **of_payment}.items()]
    found += [reverse("refund_page", args=[row.reference]) for row in (waiting, stuck)]
    return [*found, reverse("payment_page", args=[second.payment.reference]), f"{reverse('refund_list')}?show=person"]


def _asked(attempt, minor, by) -> Refund:
    return request_refund(
        attempt.payment, amount=Money(minor, "CNY"), purpose="overpayment", way="wallet", reason="paid twice", by=by
    )


@pytest.mark.parametrize(("width", "height", "scheme"), SCREENS, ids=["phone", "desktop"])
def test_the_pages_about_refunds_are_accessible_and_fit(
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
