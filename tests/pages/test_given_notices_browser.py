"""The pages of notices by others in a real browser: accessible, and no wider than the screen."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from compliance.given_notices import record_notice
from tests import factories
from tests.compliance.test_given_notices import PDF, owing, told
from tests.pages.looking import complaints_about
from tests.pages.test_browser import open_page
from tests.pages.test_browser import pytestmark as in_a_browser

pytestmark = in_a_browser
__all__ = ["open_page"]


@pytest.fixture
def addresses(installed, agent):
    """Somebody in Hong Kong whose lender has written that an agency collects."""
    factories.round_the_clock()
    account = owing()
    notice = record_notice(account, told(document=SimpleUploadedFile("a.pdf", PDF)), by=agent)
    return {
        "notices-account": reverse("given_notice_account", args=[account.reference]),
        "notices-panel": reverse("account_page", args=[account.reference]),
        "notices-list": reverse("given_notice_list"),
        "notices-placement": reverse("given_notice_placement") + f"?portfolio={account.portfolio_id}",
        "notices-confirm": reverse("given_notice_confirm", args=[notice.pk]),
        "notices-back": reverse("given_notice_take_back", args=[notice.pk]),
    }


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_are_accessible_and_fit(addresses, open_page, live_server, monkeypatch, language):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    lead = factories.user(role="lead", language=language)
    assert complaints_about(addresses, user=lead, open_page=open_page, url=live_server.url) == []
