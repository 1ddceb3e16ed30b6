"""The pages about differences in a real browser: accessible, and no wider than the screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from common.clock import today
from payments.models import ReconciliationItem, StatementRun
from payments.reconciliation import propose_force
from payments.reconciliation.holding import hold_differences
from tests import factories
from tests.pages.test_browser import RULES, SCREENS, open_page
from tests.pages.test_browser import pytestmark as in_a_browser
from wallets.models import Provider

pytestmark = in_a_browser
__all__ = ["open_page"]


@pytest.fixture
def addresses(installed, creditor, lead):
    provider = Provider.objects.create(key="alipay", name="Alipay", status="vetted")
    StatementRun.objects.create(provider=provider, day=today(), state="read", lines_read=1_204)
    kinds = enumerate(ReconciliationItem.Kind.values)
    items = [
        ReconciliationItem.objects.create(
            provider=provider, group_key=f"in:A{number}", kind=kind, currency="CNY", stated_minor=700, creditor=creditor
        )
        for number, kind in kinds
    ]
    hold_differences(provider)
    propose_force(items[0], destination="suspense", reason="the wallet kept it", by=lead)
    account = factories.account(placement=factories.portfolio(creditor))
    mine = {"destination": "account", "account": account, "by": lead}
    propose_force(items[1], reason="the payer sent us the slip", **mine)
    return [reverse("reconciliation_list"), *(reverse("reconciliation_item", args=[row.reference]) for row in items)]


@pytest.mark.parametrize(("width", "height", "scheme"), SCREENS, ids=["phone", "desktop"])
def test_the_pages_about_differences_are_accessible_and_fit(
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
        complaints += [f"{address}: {wider} px wider than the screen"] if wider > 0 else []
        if folder := os.environ.get("SCREENSHOTS"):
            page.evaluate("document.querySelectorAll('details.put-back').forEach((drawer) => { drawer.open = true; })")
            page.screenshot(path=str(Path(folder) / f"reconciliation-{width}-{number}.png"), full_page=True)
    assert complaints == []
