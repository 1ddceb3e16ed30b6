"""The staff's pages in a real browser: accessible, no sideways scrolling, nothing refused, and worked by keys."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from accounts.services import add_note, place_hold
from accounts.work_items import refresh_everything
from tests import factories
from tests.chromium import CHROMIUM, chromium
from wallets.models import Provider

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCREENS = [(390, 844, "light"), (1280, 800, "dark")]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def open_page(live_server, settings, sign_in):
    settings.SANDBOX = True
    with chromium() as browser:

        def opened(user, *, width=1280, height=800, scheme="light"):
            session = sign_in(user).cookies["sessionid"].value
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB"
            )
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            return context.new_page()

        yield opened


@pytest.fixture
def rows(installed, agent, portfolio_of):
    """A short list whose first account has a note and a hold; prepared before the browser starts its event loop."""
    accounts = portfolio_of(4)
    add_note(accounts[0], author=agent, text="Prefers the evening")
    place_hold(accounts[0], kind="dispute", reason="Says it was paid", by=agent)
    Provider.objects.create(key="alipay", name="Alipay", status="vetted")
    refresh_everything()
    addresses = [
        reverse(name)
        for name in (
            "dashboard", "work_list", "account_list", "payment_list", "message_list", "schedule_list", "schedule_new",
            "schedule_preview", "user_list", "user_new", "provider_list", "key_list", "delivery_list", "search",
        )
    ]  # fmt: skip
    of = accounts[0].reference
    addresses += [reverse("account_page", args=[of]), reverse("account_hold", args=[of])]
    addresses += [reverse("schedule_detail", args=[installed.pk])]
    addresses += [
        reverse("provider_edit", args=["alipay"]),
        reverse("provider_switch", args=["alipay", "switched_off"]),
    ]
    return accounts, addresses


@pytest.mark.parametrize(("width", "height", "scheme"), SCREENS, ids=["phone", "desktop"])
def test_every_staff_page_is_accessible_and_fits(rows, open_page, live_server, width, height, scheme, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page = open_page(factories.user(role="admin"), width=width, height=height, scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for address in rows[1]:
        page.goto(live_server.url + address, wait_until="networkidle")
        violations = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        complaints += [f"{address}: {rule['id']}" for rule in violations]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            complaints.append(f"{address}: scrolls sideways")
    assert complaints == []


def test_the_list_is_worked_by_keys_and_typing_is_left_alone(rows, open_page, live_server, agent, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page = open_page(agent)
    page.goto(live_server.url + reverse("work_list"), wait_until="networkidle")
    current = "document.querySelector('tr.is-current')?.sectionRowIndex ?? -1"
    assert page.evaluate(current) == -1
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate(current) == 0
    page.keyboard.press("/")
    page.keyboard.type("njk")
    assert page.input_value("#global-search") == "njk"
    page.locator("#global-search").blur()
    page.keyboard.press("n")
    page.wait_for_url("**/accounts-of/**")


def test_single_keys_can_be_switched_off(rows, open_page, live_server, agent, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page = open_page(agent)
    page.goto(live_server.url + reverse("work_list"), wait_until="networkidle")
    page.click("[data-toggle-keys]")
    page.keyboard.press("j")
    assert page.evaluate("document.querySelectorAll('tr.is-current').length") == 0
