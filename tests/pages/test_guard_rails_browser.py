"""Limits and guard-rails in a real browser, with the demo's rows: accessible and no wider than the screen."""

from __future__ import annotations

import pytest
from django.urls import reverse

from collections_platform.demo.plan_rails import BANDS, set_rails
from payments.guard_rails import rail_for
from payments.promises.rules import set_rule
from tests import factories
from tests.pages.looking import complaints_about
from tests.pages.test_browser import open_page
from tests.pages.test_browser import pytestmark as in_a_browser

pytestmark = in_a_browser
__all__ = ["open_page"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_limits_and_guard_rails_are_accessible_and_fit(account, lead, open_page, live_server, monkeypatch, language):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    root = factories.user(role="admin", language=language)
    set_rule(account.creditor, by=lead, longest_days=14)
    assert set_rails(account.creditor) == len(BANDS) + 1
    assert rail_for(account).creditor == account.creditor and set_rails(account.creditor) == 0
    addresses = {"rails": reverse("guard_rails"), "limits": reverse("promise_limits")}
    assert complaints_about(addresses, user=root, open_page=open_page, url=live_server.url) == []
