"""The pages about remittances in a real browser: accessible, and no wider than the screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from common.clock import today
from common.money import Money
from payments.remittance import draft_next
from payments.trust import confirm_arrival, record_arrival, reject_arrival
from tests import factories
from tests.pages.conftest import plain_ground, sign_in
from tests.pages.test_browser import RULES, SCREENS, open_page
from tests.pages.test_browser import pytestmark as in_a_browser
from tests.remittance.cast import agreed, approved_remittance, fee, give_back, month, pay
from wallets.models import Provider

pytestmark = in_a_browser
__all__ = ["open_page", "plain_ground", "sign_in"]


@pytest.fixture
def addresses(account):
    """One that waits to be paid, and a draft with a refund, a fee and a reversal in it."""
    fee(account, 60, month(1))
    approved = approved_remittance(account)
    other = factories.account()
    agreed(other.creditor, basis="tiered", tier_days=[0, 90], tier_rates=[1_500, 2_550], fees_passed_on=True)
    entry = pay(other, 20_000, month(1))
    give_back(other, entry, 3_000, month(1))
    fee(other, 90, month(1))
    draft = draft_next(other.creditor_id, "CNY")
    pages = [reverse("remittance_page", args=[row.reference]) for row in (approved, draft)]
    terms = [reverse("terms_list"), reverse("terms_edit", args=[other.creditor.code])]
    return [f"{reverse('remittance_list')}?show=all", *pages, *terms, trust_with_something_to_decide()]


def trust_with_something_to_decide() -> str:
    """One pay-out is on the trust account, one waits for its second person, one was put aside."""
    wallet = Provider.objects.create(key="alipay", name="Alipay", status="vetted", currencies=["CNY"])
    lena, adam = factories.user(role="lead"), factories.user(role="admin")
    given = {"amount": Money(2_000, "CNY"), "arrived_on": today(), "by": lena}
    first, _second, third = [record_arrival(wallet, bank_reference=f"BANK-{n}", **given) for n in range(3)]
    confirm_arrival(first, by=adam)
    reject_arrival(third, reason="of another wallet", by=adam)
    return reverse("trust_page")


@pytest.mark.parametrize(("width", "height", "scheme"), SCREENS, ids=["phone", "desktop"])
def test_the_pages_about_remittances_are_accessible_and_fit(
    addresses, open_page, live_server, width, height, scheme, monkeypatch
):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page = open_page(factories.user(role="admin"), width=width, height=height, scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    for number, address in enumerate(addresses):
        page.goto(live_server.url + address, wait_until="networkidle")
        violations = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        complaints += [f"{address}: {rule['id']}" for rule in violations]
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        complaints += [f"{address}: {wider} px too wide"] if wider > 0 else []
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=str(Path(folder) / f"remittance-{width}-{number}.png"), full_page=True)
    assert complaints == []
