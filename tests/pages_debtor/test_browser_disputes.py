"""Wang Fang says on a small phone that something is wrong: quick, without scripts, accessible in both lights."""

from __future__ import annotations

import pytest

from payments.models import DebtDispute
from tests import factories
from tests.disputes.cast import decided, picture
from tests.pages_debtor.browser import CHROMIUM, SCREENS, visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]


@pytest.mark.parametrize(("language", "scheme", "width", "scripts"), SCREENS)
def test_told_with_a_photo_refused_once_and_answered(site, debtor, monkeypatch, language, scheme, width, scripts):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    debtor.account.debtor.language = language
    debtor.account.debtor.save()
    faults: list[str] = []
    name = f"dispute-{language}-{scheme}-{width}"
    with visitor(width=width, scheme=scheme, scripts=scripts) as seen:
        page = seen.page

        def look(step: str) -> None:
            seen.picture(f"{name}-{step}")
            found = seen.axe() if scripts else []
            faults.extend(f"{step}: {rule}" for rule in found + (["too wide"] if seen.overflow() > 0 else []))

        page.goto(site + debtor.url("debtor_identity"))
        page.fill("#id_birth_year", "1985")
        page.locator("main button").click()
        page.goto(site + debtor.url("debtor_dispute"))
        look("form")
        page.check("#id_reason_2")
        page.locator("main summary").first.click()
        page.fill("#id_text", "I paid in May")
        page.set_input_files("#id_papers", {"name": "bill.pdf", "mimeType": "application/pdf", "buffer": b"MZ program"})
        page.locator("main form button.btn-primary").click()
        page.wait_for_selector(".has-error")
        look("refused")
        assert page.input_value("#id_text") == "I paid in May"
        page.set_input_files("#id_papers", {"name": "bill.png", "mimeType": "image/png", "buffer": picture()})
        page.locator("main form button.btn-primary").click()
        page.wait_for_selector("text=D-")
        look("standing")
        assert page.locator("text=bill.png").count() == 1
        row = DebtDispute.objects.get()
        decided(row, factories.user(role="lead"), "rejected", answer="The bank shows no such payment.")
        page.reload()
        look("answer")
        assert page.locator("text=The bank shows no such payment.").count() == 1
        page.goto(site + debtor.url("debtor_documents"))
        look("documents")
        assert page.locator(f"text={row.number}").count() == 1
    assert faults == []
