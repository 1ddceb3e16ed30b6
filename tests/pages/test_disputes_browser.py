"""The pages of disputes at the desk in a real browser: accessible, and no wider than the screen."""

from __future__ import annotations

import pytest
from django.urls import reverse

from payments.disputes.evidence import add_evidence, check_files
from payments.disputes.opening import ask_for_more
from payments.disputes.validation import first_day, make_notice
from tests import factories
from tests.disputes.cast import decided, file, picture, said
from tests.pages.looking import complaints_about
from tests.pages.test_browser import open_page
from tests.pages.test_browser import pytestmark as in_a_browser

pytestmark = in_a_browser
__all__ = ["open_page"]


@pytest.fixture
def addresses(installed, agent, lead):
    """One that is asked about, one that is decided, and a notice for somebody in the United States."""
    bank = factories.creditor(name="Bank of Rockville", country="US", role="third_party_collector", code="rockville")
    carol = factories.debtor(bank, name="Carol Diaz", country="US", time_zone="America/Chicago")
    account = factories.account(person=carol, placement=factories.portfolio(bank), currency="USD")
    make_notice(account, basis="charge_off", on=first_day(account), language="es", by=agent)
    row = said(account, text="I paid half of it in May, by bank transfer from my savings account")
    add_evidence(row, check_files([file("a very long name of a receipt of my bank from May.png", picture())]), by=None)
    ask_for_more(row, text="Which bank was it?", by=agent, token="q")
    done = decided(said(factories.account()), lead, "rejected")
    return {
        "disputes-list": reverse("dispute_list"),
        "disputes-page": reverse("dispute_page", args=[row.pk]),
        "disputes-decided": reverse("dispute_page", args=[done.pk]),
        "disputes-new": reverse("dispute_new", args=[account.reference]),
        "disputes-panel": reverse("account_page", args=[account.reference]),
        "disputes-validation": reverse("validation_page", args=[account.reference]),
    }


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_are_accessible_and_fit(addresses, open_page, live_server, monkeypatch, language):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    lead = factories.user(role="lead", language=language)
    assert complaints_about(addresses, user=lead, open_page=open_page, url=live_server.url) == []
