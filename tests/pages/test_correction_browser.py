"""The panel about a balance and the page of corrections in a real browser: accessible, no wider than the screen."""

from __future__ import annotations

import os
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from common.clock import today
from payments.accrual.correcting import record_fact
from payments.accrual.posting import accrue_day
from payments.models import InterestTerms
from tests import factories
from tests.pages.test_browser import RULES, open_page
from tests.pages.test_browser import pytestmark as in_a_browser

pytestmark = in_a_browser
__all__ = ["open_page"]
SCREENS = [(390, 844, "light"), (390, 844, "dark"), (1280, 800, "light"), (1280, 800, "dark")]


@pytest.fixture
def addresses(installed, agent):
    """An account with interest, a pause recorded late, and a large fee that waits."""
    InterestTerms.objects.create(effective_from=date(2020, 1, 1), yearly_basis_points=1000, runs_from="due_date")
    row = factories.account(person=factories.debtor(time_zone="UTC"), balance_minor=365_000, days_overdue=40)
    accrue_day()
    first = today() - timedelta(days=20)
    record_fact(row, "pause", on=first, until=first + timedelta(days=9), reason="in hospital", by=agent)
    record_fact(row, "fee", on=today(), component="costs", amount_minor=25_000, reason="court", by=agent)
    return [reverse(name, args=[row.reference]) for name in ("account_page", "account_correction")]


def test_the_story_of_a_balance_is_accessible_and_fits(addresses, open_page, live_server, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    root = factories.user(role="admin")
    complaints: list[str] = []
    for width, height, scheme in SCREENS:
        page = open_page(root, width=width, height=height, scheme=scheme)
        for address in addresses:
            page.goto(live_server.url + address, wait_until="networkidle")
            violations = Axe().run(page, options={"runOnly": RULES}).response["violations"]
            complaints += [f"{address} {width} {scheme}: {rule['id']}" for rule in violations]
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            complaints += [f"{address}: {wider} px wider than the screen"] if wider > 0 else []
            if folder := os.environ.get("ACCRUAL_SHOTS"):
                name = "panel" if "correction" not in address else "form"
                part = page.locator("#panel-balance" if name == "panel" else "main")
                part.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png")
    assert complaints == []
