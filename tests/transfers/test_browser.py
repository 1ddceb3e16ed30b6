"""The pages about bank transfers in a real browser: accessible, no wider than the screen, and used by keys alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from common.clock import today
from payments.models import BankTransfer
from payments.transfers import ask_step, assign_transfer
from tests import factories
from tests.pages.conftest import plain_ground, sign_in
from tests.pages.looking import complaints_about
from tests.pages.test_browser import open_page
from tests.pages.test_browser import pytestmark as in_a_browser
from tests.transfers.cast import confirmed, done, owed_on, recorded

pytestmark = in_a_browser
__all__ = ["open_page", "plain_ground", "sign_in"]


@pytest.fixture
def addresses(account, agent, lead) -> dict[str, str]:
    """One in each state a person has something to do about, and one question of each kind."""
    people = (agent, lead)
    more = {"remark": f"for loan {account.reference}", "payer_name": account.debtor.name}
    waits = recorded(130_000, agent, account=account, day=today() - timedelta(days=9), reference="HB20261120-000918")
    nobodys = confirmed(recorded(48_250, agent, **more), lead)
    assign_transfer(nobodys, to=agent, by=lead)
    placed = confirmed(recorded(25_000, agent, account=account), lead)
    asked = confirmed(recorded(12_000, agent, account=account), lead)
    ask_step(asked, "unplace", reason="it was meant for Wang Fei", by=agent)
    back = done(confirmed(recorded(9_900, agent), lead), "return", people, reason="nobody knows this sender")
    over = done(confirmed(recorded(7_700, agent, account=account), lead), "recall", people)
    rows = {"waits": waits, "nobodys": nobodys, "placed": placed, "asked": asked, "back": back, "over": over}
    pages = {name: reverse("bank_transfer_page", args=[row.reference]) for name, row in rows.items()}
    lists = {"list": reverse("bank_transfer_list"), "all": reverse("bank_transfer_list") + "?show=all"}
    new = {"new": reverse("bank_transfer_new") + f"?account={account.reference}", "trust": reverse("trust_page")}
    return {f"transfer-{name}": address for name, address in {**pages, **lists, **new}.items()}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_about_bank_transfers_are_accessible_and_fit(
    addresses, open_page, live_server, monkeypatch, language
):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    root = factories.user(role="admin", language=language)
    assert complaints_about(addresses, user=root, open_page=open_page, url=live_server.url) == []


def test_a_transfer_is_written_down_and_confirmed_by_keys_alone(
    account, agent, lead, open_page, live_server, monkeypatch
):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page = open_page(agent)
    page.goto(live_server.url + reverse("bank_transfer_list"), wait_until="networkidle")
    page.get_by_role("link", name="Write one down").press("Enter")
    page.get_by_label("Amount that arrived").focus()
    page.keyboard.type("250.00")
    page.get_by_label("Value date").fill(today().isoformat())
    page.get_by_label("Reference at the bank").fill("HB-77")
    page.get_by_label("Who sent it").fill("WANG FANG")
    page.get_by_label("For which account").fill("ACC-22222222")
    page.get_by_role("button", name="Write it down").press("Enter")
    page.get_by_text("There is no such account").first.wait_for()
    page.get_by_label("For which account").fill(account.reference)
    page.get_by_role("button", name="Write it down").press("Enter")
    page.get_by_text("Somebody else has to confirm it.").wait_for()
    other = open_page(lead)
    other.goto(page.url, wait_until="networkidle")
    other.get_by_role("button", name="Confirm").press("Enter")
    other.get_by_text("Done. It stands in the record.").wait_for()
    assert BankTransfer.objects.get().state == "placed" and owed_on(account) == 100_000
