"""Wang Fang tells us on a small phone that money is tight: quick, without scripts, accessible in both lights."""

from __future__ import annotations

import pytest

from accounts.hardship.cases import running_case
from tests.pages_debtor.browser import CHROMIUM, SCREENS, visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]


@pytest.mark.parametrize(("language", "scheme", "width", "scripts"), SCREENS)
def test_form_sums_and_choice_in_a_real_browser(site, debtor, language, scheme, width, scripts):
    debtor.account.debtor.language = language
    debtor.account.debtor.save()
    faults: list[str] = []
    name = f"hardship-{language}-{scheme}-{width}"
    with visitor(width=width, scheme=scheme, scripts=scripts) as seen:
        page = seen.page

        def look(step: str) -> None:
            seen.picture(f"{name}-{step}")
            found = seen.axe() if scripts else []
            faults.extend(f"{step}: {rule}" for rule in found + (["too wide"] if seen.overflow() > 0 else []))

        page.goto(site + debtor.url("debtor_hardship"))
        page.fill("#id_birth_year", "1985")
        page.locator("main button").click()
        look("form")
        page.check("#id_changed_0")
        page.check("#id_lasting_1")
        page.fill("#id_people", "2")
        page.fill("#id_wages_amount", "3000")
        page.fill("#id_housing_amount", "lots")
        page.fill("#id_food_amount", "200")
        page.select_option("#id_food_period", "week")
        page.check("#id_agreed")
        page.locator("main form button").last.click()
        page.wait_for_selector("#id_housing_amount.is-invalid, .has-error")
        look("error")
        page.fill("#id_housing_amount", "1500")
        page.locator("main form button").last.click()
        page.wait_for_selector(".sums")
        look("sums")
        page.locator("button[value='pause_30']").click()
        page.wait_for_selector(".sums")
        look("chosen")
        page.goto(site + debtor.url("pay"))
        assert page.locator("button[name=provider]").count() > 0, "their own wish to pay is not in the way"
    assert faults == []
    assert running_case(debtor.account).wish_days == 30
