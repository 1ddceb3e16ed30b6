"""The pages of the newer wallets in a real browser: codes, prompts, addresses, and the person's own wallets."""

from __future__ import annotations

import pytest

from payments.models import Attempt
from tests.pages_debtor.browser import CHROMIUM, visitor
from tests.pages_debtor.test_wallets import STEPS
from wallets.models import Provider
from wallets.services import link_method

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]
SCREENS = [("light", 360, 740), ("dark", 1280, 900)]


@pytest.fixture
def linked(wallet, debtor):
    provider = Provider.objects.get(key="alipay")
    return [link_method(debtor.account, provider, token=token, origin="payment") for token in ("one", "two")]


@pytest.mark.parametrize(("scheme", "width", "height"), SCREENS, ids=["phone-light", "desktop-dark"])
def test_every_next_step_is_accessible_and_fits(site, debtor, scheme, width, height, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    key = debtor.form_key()
    debtor.press_pay(key=key)
    attempt = Attempt.objects.get()
    faults: dict[str, list[str]] = {}
    with visitor(width=width, height=height, scheme=scheme) as seen:
        for kind, fields, _words in STEPS:
            kept = {"url": "", "payload": "", "expires_at": attempt.expires_at.isoformat()} | fields
            Attempt.objects.update(action=kept | {"kind": kind}, looked_up_at=attempt.expires_at)
            seen.page.goto(site + debtor.url("pay_return", key), wait_until="networkidle")
            wide = ["too wide"] if seen.overflow() > 0 else []
            if bad := seen.axe() + wide:
                faults[kind] = bad
        assert faults == {} and seen.complaints == []


@pytest.mark.parametrize(("scheme", "width", "height"), SCREENS, ids=["phone-light", "desktop-dark"])
def test_the_persons_wallets_are_accessible_fit_and_work_by_keyboard(site, linked, debtor, scheme, width, height):
    faults: dict[str, list[str]] = {}
    with visitor(width=width, height=height, scheme=scheme) as seen:
        page = seen.page
        page.goto(site + debtor.url("debtor_wallets"))
        page.fill("#id_birth_year", "1985")
        page.keyboard.press("Enter")
        page.wait_for_url("**/wallets/")
        for path in (debtor.url("debtor_wallets"), debtor.url("debtor_wallet_remove", str(linked[0].pk))):
            page.goto(site + path)
            wide = ["too wide"] if seen.overflow() > 0 else []
            if bad := seen.axe() + wide:
                faults[path] = bad
        page.focus("main form button")
        page.keyboard.press("Enter")
        page.wait_for_url("**/wallets/")
        assert page.locator("section.wallet-row").count() == 1
        assert faults == {} and seen.complaints == []


def test_the_waiting_page_moves_on_by_itself_when_the_wallet_is_paid(site, wallet, debtor):
    key = debtor.form_key()
    started = debtor.press_pay(key=key)
    cashier = wallet.open(started["Location"])
    with visitor() as seen:
        seen.page.goto(site + debtor.url("pay_return", key))
        assert "Not paid yet" in seen.page.inner_text("main")
        wallet.press(f"{cashier}/pay")
        seen.page.wait_for_selector(".done-mark", timeout=30_000)
        assert not seen.complaints
