"""The button of a saved wallet in a real browser: it names the amount that is chosen, and Enter never presses it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from payments.models import Attempt, Payment
from tests.pages_debtor.browser import CHROMIUM, visitor
from tests.pages_debtor.saved_helpers import cardholder
from wallets.models import Provider

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]
SCREENS = [("light", 390, 844, "en-GB"), ("dark", 1280, 800, "zh-CN")]
PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture
def holder(site, running_wallet, settings, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    Provider.objects.all().delete()
    made = cardholder(running_wallet, settings, "stripe")
    made.save()
    settings.PUBLIC_URL = site
    Provider.objects.create(key="alipay", name="Alipay", status="switched_off", currencies=["USD"], position=1)
    Provider.objects.create(key="mpesa", name="M-Pesa", status="vetted", currencies=["KES"], position=2)
    return made


def keep(page, name: str) -> None:
    """A picture for a person to look at, where one is wanted."""
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(("scheme", "width", "height", "locale"), SCREENS, ids=["phone-light", "desktop-dark-chinese"])
def test_one_tap_is_accessible_names_its_amount_and_pays(site, holder, scheme, width, height, locale):
    if locale == "zh-CN":
        holder.debtor.account.debtor.language = "zh-hans"
        holder.debtor.account.debtor.save()
    faults: dict[str, list[str]] = {}
    with visitor(width=width, height=height, scheme=scheme, locale=locale) as seen:
        page, name = seen.page, f"{scheme}-{width}-{locale}"

        def look(at: str) -> None:
            wide = ["too wide"] if seen.overflow() > 0 else []
            if bad := seen.axe() + wide:
                faults[at] = bad
            keep(page, f"{at}-{name}")

        page.goto(site + holder.debtor.url("pay"))
        look("asked")
        page.goto(f"{site}{holder.debtor.url('debtor_identity')}?next={holder.debtor.url('pay')}")
        page.fill("#id_birth_year", "1985")
        page.keyboard.press("Enter")
        page.wait_for_url("**/p/*/")
        button = page.locator("button.tap")
        assert "1,150.00" in button.inner_text() and "4242" in button.inner_text()
        page.locator("details.why-not summary").last.click()
        look("offered")
        page.check("#id_choice_other")
        assert "1,150.00" not in button.inner_text()
        page.fill("#id_other", "20")
        before = Payment.objects.count()
        button.click()
        page.wait_for_url("**/payment/**")
        assert Payment.objects.count() == before + 1
        assert Attempt.objects.latest("pk").amount_minor == 2000 and Attempt.objects.latest("pk").method
        look("paid")
        page.goto(site + holder.debtor.url("debtor_wallets"))
        look("wallets")
        page.goto(site + holder.debtor.url("mandate_offer"))
        look("plans")
        Provider.objects.update(status="switched_off")
        page.goto(site + holder.debtor.url("pay"))
        look("none")
        page.goto(site + holder.debtor.url("mandate_offer"))
        look("no-plan")
        assert faults == {} and seen.complaints == []


def test_enter_in_the_amount_leads_to_the_wallets_page_and_charges_nothing(site, holder):
    taken = holder.taken()
    with visitor() as seen:
        page = seen.page
        page.goto(f"{site}{holder.debtor.url('debtor_identity')}?next={holder.debtor.url('pay')}")
        page.fill("#id_birth_year", "1985")
        page.keyboard.press("Enter")
        page.wait_for_url("**/p/*/")
        page.check("#id_choice_other")
        page.fill("#id_other", "20")
        page.keyboard.press("Enter")
        page.wait_for_url("**/stripe/checkout/**")
        assert holder.taken() == taken and Attempt.objects.latest("pk").method is None
