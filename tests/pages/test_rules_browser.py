"""The pages of rules in a real browser: accessible, no wider than the screen, and usable by keys alone."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from common.clock import today
from payments.accrual.allocation import by_component, texts_of
from payments.accrual.changing import ask_for_rule
from payments.models import AllocationOrder, FeeRule, InterestTerms, RuleChange
from tests import factories
from tests.pages.looking import complaints_about
from tests.pages.test_browser import open_page
from tests.pages.test_browser import pytestmark as in_a_browser

pytestmark = in_a_browser
__all__ = ["open_page"]


@pytest.fixture
def addresses(installed, lead):
    """Rules that count, one that comes, and one asked for that would change accounts."""
    factories.account(person=factories.debtor(time_zone="UTC"), balance_minor=365_000, days_overdue=40)
    start = date(2020, 1, 1)
    terms = InterestTerms.objects.create(effective_from=start, yearly_basis_points=800, citation="BGB § 288(1)")
    FeeRule.objects.create(effective_from=start, trigger="overdue", days=30, currency="CNY", flat_minor=500)
    order = AllocationOrder.objects.create(
        effective_from=start, buckets=texts_of(by_component("costs", "fees", "interest", "principal"))
    )
    follower = InterestTerms(effective_from=today(), yearly_basis_points=1_200, runs_from="due_date")
    change = ask_for_rule("interest", follower, day=today(), reason="a new contract", by=lead, replaces=terms)
    return {
        "list": reverse("rule_list"),
        "interest": reverse("rule_new", args=["interest"]),
        "fee": reverse("rule_new", args=["fee"]),
        "order": reverse("rule_new", args=["order"]),
        "rule": reverse("rule_page", args=["order", order.pk]),
        "end": reverse("rule_end", args=["interest", terms.pk]),
        "request": reverse("rule_request", args=[change.reference]),
    }


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_rules_are_accessible_and_fit(addresses, open_page, live_server, monkeypatch, language):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    root = factories.user(role="admin", language=language)
    assert complaints_about(addresses, user=root, open_page=open_page, url=live_server.url) == []


def test_an_order_is_arranged_and_asked_for_by_keys_alone(addresses, open_page, live_server, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page = open_page(factories.user(role="admin"), width=1280, height=800, scheme="light")
    page.goto(live_server.url + addresses["order"], wait_until="networkidle")
    for place in (2, 1):
        page.focus("[value='up:past_due:fees']")
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.keyboard.press("Enter")
        page.locator("#order-part [role=status]", has_text=f"number {place + 1}").wait_for(state="attached")
        assert page.evaluate("document.activeElement.value") == "up:past_due:fees"
    page.fill("#rule_country", "DE")
    page.fill("#rule_effective_from", today().isoformat())
    page.fill("#rule_reason", "as the law says")
    page.focus("#rule_reason")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    change = RuleChange.objects.latest("pk")
    assert change.terms["buckets"][1] == "past_due:fees"


def test_the_example_follows_what_is_typed(addresses, open_page, live_server, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page = open_page(factories.user(role="admin"), width=1280, height=800, scheme="light")
    page.goto(live_server.url + addresses["interest"], wait_until="networkidle")
    assert "0.65" in page.inner_text("#example")
    page.fill("#rule_yearly", "16")
    page.locator("#example", has_text="1.31").wait_for()
    page.fill("#sample_amount", "1000")
    page.locator("#example", has_text="13.15").wait_for()
