"""The lessons, the complaint page and simple pages in a real browser: no script is needed, they fit a phone."""

from __future__ import annotations

import pytest

from tests.pages_debtor.browser import CHROMIUM, visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]


def test_without_any_script_a_person_finds_how_to_pay_and_how_to_complain(site, debtor):
    with visitor(scripts=False) as seen:
        seen.page.goto(site + debtor.url("pay"))
        seen.page.click(f"a[href='{debtor.url('debtor_learn', 'wallet')}'] >> nth=0")
        seen.page.click(f"a[href='{debtor.url('debtor_learn_wallet', 'alipay')}']")
        pictures = seen.page.locator(".how img")
        assert pictures.count() == 3
        pictures.last.scroll_into_view_if_needed()
        seen.page.wait_for_load_state("networkidle")
        seen.page.goto(site + debtor.url("debtor_complaint"))
        seen.page.fill("textarea[name=text]", "You called on Sunday")
        seen.page.click("main form .btn-primary")
        seen.page.wait_for_selector("text=Our answer comes by")
    assert seen.complaints == []


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "zh-hans")])
def test_the_pages_fit_a_phone_and_are_accessible_in_large_text_too(site, debtor, scheme, language):
    found: list[str] = []
    with visitor(width=360, scheme=scheme) as seen:
        reading = {"django_language": language, "large_text": "1", "plain_pages": "1"}
        seen.context.add_cookies([{"name": name, "value": value, "url": site} for name, value in reading.items()])
        for name, *more in (
            ("pay",),
            ("debtor_learn_wallet", "alipay"),
            ("debtor_complaint",),
            ("debtor_preferences",),
        ):
            seen.page.goto(site + debtor.url(name, *more))
            found += [f"{name}: {rule}" for rule in seen.axe()] + (["sticks out"] if seen.overflow() > 0 else [])
    assert found == [] and seen.complaints == []
