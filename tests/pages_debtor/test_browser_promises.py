"""Wang Fang promises on a small phone: without scripts, accessible in both lights, and sees what she said."""

from __future__ import annotations

import pytest

from payments.models import Promise
from tests.pages_debtor.browser import CHROMIUM, SCREENS, visitor
from tests.promises.cast import in_days

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]


@pytest.mark.parametrize(("language", "scheme", "width", "scripts"), [*SCREENS, ("en", "light", 360, False)])
def test_said_seen_changed_and_withdrawn_in_a_real_browser(site, debtor, language, scheme, width, scripts):
    debtor.account.debtor.language = language
    debtor.account.debtor.save()
    faults: list[str] = []
    later = in_days(9)
    name = f"promise-{language}-{scheme}-{width}"
    with visitor(width=width, scheme=scheme, scripts=scripts) as seen:
        page = seen.page

        def look(step: str) -> None:
            seen.picture(f"{name}-{step}")
            found = seen.axe() if scripts else []
            faults.extend(f"{step}: {rule}" for rule in found + (["too wide"] if seen.overflow() > 0 else []))

        page.goto(site + debtor.url("debtor_promise"))
        page.fill("#id_birth_year", "1985")
        page.locator("main button").click()
        look("form")
        page.fill("#promise_amount", "99999")
        page.check("input[name=when] >> nth=0")
        page.locator("main form button").click()
        page.wait_for_selector(".has-error")
        look("error")
        page.fill("#promise_amount", "500")
        page.locator("main form button").click()
        page.wait_for_selector(".owed")
        look("said")
        page.goto(site + debtor.url("pay"))
        look("account")
        page.goto(site + debtor.url("debtor_promise") + "?change=1")
        page.check("input[name=when][value=other]")
        page.fill("#promise_day", later.isoformat())
        page.locator("main form button").click()
        page.wait_for_selector(".owed")
        page.locator("main form button").click()
        page.wait_for_selector("#pay")
    assert faults == []
    old, new = Promise.objects.order_by("pk")
    assert (old.state, new.state, new.last_on) == ("amended", "withdrawn", later)
