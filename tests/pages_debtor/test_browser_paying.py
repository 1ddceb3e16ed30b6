"""The debtor's pages in a real browser: three taps, no double charge, no script needed, in nobody's way."""

from __future__ import annotations

import pytest

from payments.models import JournalEntry, Payment
from tests.pages_debtor.browser import CHROMIUM, visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]
FIRST_VIEW_BYTES = 100_000
PAY = "button[name=provider]"
CONFIRM = "form[action$='/pay'] button"


def payments() -> int:
    return JournalEntry.objects.filter(kind="payment").count()


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_link_pay_confirm_is_three_taps_and_the_receipt(site, debtor, scripts):
    with visitor(scripts=scripts) as seen:
        page, taps = seen.page, 1
        page.goto(f"{site}{debtor.url('pay')}")
        for button in (PAY, CONFIRM):
            page.locator(button).first.click()
            taps += 1
        page.wait_for_selector(".done-mark")
        words = page.inner_text("main")
        complaints = seen.complaints + (seen.axe() if scripts else [])
    assert taps == 3 and "CN¥1,250.00 paid" in words and "settled" in words
    assert payments() == 1 and not complaints


def test_the_first_view_is_light_and_fits_a_small_phone(site, debtor):
    with visitor(width=360) as seen:
        seen.page.goto(f"{site}{debtor.url('pay')}", wait_until="networkidle")
        weight = sum(len(answer.body()) for answer in seen.answers if answer.status == 200)
        hosts = {answer.url.split("/")[2] for answer in seen.answers}
        button = seen.page.locator(PAY).first.bounding_box()
        overflow = seen.overflow()
    assert weight <= FIRST_VIEW_BYTES
    assert hosts == {site.split("/")[2]}
    assert overflow <= 0 and button["y"] + button["height"] <= 740


def test_a_part_typed_on_the_phone(site, debtor):
    with visitor() as seen:
        page = seen.page
        page.goto(f"{site}{debtor.url('pay')}")
        assert not page.locator("#id_other").is_visible()
        page.locator("#id_choice_other").check()
        page.fill("#id_other", "99.99")
        page.locator(PAY).first.click()
        page.locator(CONFIRM).click()
        page.wait_for_selector(".done-mark")
        assert "CN¥1,150.01" in page.inner_text("main")
    assert payments() == 1


def test_back_after_paying_shows_that_it_is_paid(site, debtor):
    with visitor() as seen:
        page = seen.page
        page.goto(f"{site}{debtor.url('pay')}")
        page.locator(PAY).first.click()
        page.locator(CONFIRM).click()
        page.wait_for_selector(".done-mark")
        page.go_back()
        page.go_back()
        page.wait_for_load_state()
        assert "Nothing is owed any more" in page.inner_text("main")
    assert payments() == 1


def test_an_impatient_double_tap_is_one_payment(site, debtor):
    with visitor() as seen:
        page = seen.page
        page.goto(f"{site}{debtor.url('pay')}")
        page.locator(PAY).first.dblclick(no_wait_after=True)
        page.wait_for_url("**/alipay/cashier/**")
    assert Payment.objects.count() == 1


def test_declined_in_the_wallet_then_ended_then_paid(site, debtor):
    with visitor() as seen:
        page = seen.page
        page.goto(f"{site}{debtor.url('pay')}")
        page.locator(PAY).first.click()
        page.locator("form[action$='/decline'] button").click()
        page.locator("form[action$='/cancel'] button").click()
        assert "no money has moved" in page.inner_text("main")
        page.locator("main form button").click()
        page.wait_for_selector("h1:has-text('No money moved')")
        page.locator("main a.btn-primary").click()
        page.locator(PAY).first.click()
        page.locator(CONFIRM).click()
        page.wait_for_selector(".done-mark")
    assert payments() == 1
    assert sorted(Payment.objects.values_list("state", flat=True)) == ["cancelled", "succeeded"]


def test_the_agreement_is_signed_in_the_wallet(site, debtor):
    with visitor() as seen:
        page = seen.page
        page.goto(f"{site}{debtor.url('mandate_offer')}")
        page.fill("#id_birth_year", "1985")
        page.locator("main button").click()
        page.locator("main section a.btn").first.click()
        page.locator("#id_agreed").check()
        page.locator(PAY).click()
        page.locator("form[action$='/sign'] button").click()
        page.wait_for_selector("h1:has-text('All set')")
        assert not seen.complaints and not seen.axe() and seen.overflow() <= 0


LANGUAGE_NAMES = [("en", "light", 360), ("zh-hans", "dark", 390)]


@pytest.mark.parametrize(("language", "scheme", "width"), LANGUAGE_NAMES)
def test_every_page_is_accessible_and_fits(site, debtor, language, scheme, width):
    debtor.account.debtor.language = language
    debtor.account.debtor.save()
    names = ["pay", "debtor_identity", "debtor_dispute", "debtor_messages", "debtor_preferences"]
    paths = [debtor.url(name) for name in names]
    paths += [debtor.url("debtor_learn", page) for page in ("why", "real", "wallet", "safe", "advice", "help")]
    personal = [debtor.url(name) for name in ("debtor_documents", "debtor_statement", "mandate_offer")]
    faults: dict[str, list[str]] = {}
    with visitor(width=width, scheme=scheme) as seen:

        def look(path: str) -> None:
            seen.page.goto(site + path)
            wide = ["too wide"] if seen.overflow() > 0 else []
            shown = seen.page.get_attribute("html", "lang")
            wrong = [] if shown == language else [f"in {shown}"]
            if bad := seen.axe() + wide + wrong:
                faults[path.removeprefix(debtor.url("pay"))] = bad

        for path in paths:
            look(path)
        seen.page.goto(site + debtor.url("debtor_identity"))
        seen.page.fill("#id_birth_year", "1985")
        seen.page.locator("main button").click()
        for path in personal:
            look(path)
    assert faults == {}


def test_switching_the_language_keeps_the_link(site, debtor):
    with visitor() as seen:
        seen.page.goto(f"{site}{debtor.url('pay')}")
        seen.page.locator("button[lang='zh-hans']").click()
        seen.page.wait_for_load_state()
        assert seen.page.url == f"{site}{debtor.url('pay')}"
        assert seen.page.get_attribute("html", "lang") == "zh-hans"
        assert "¥1,250.00" in seen.page.inner_text("main")
