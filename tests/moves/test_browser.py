"""The end of the road in a real browser: accessible, silent, no wider than the screen, in both languages and lights."""

from __future__ import annotations

import pytest
from django.urls import reverse

from payments.moves.asking import ask_move
from payments.plans import create_plan
from tests import factories
from tests.moves.helpers import WHY, move, north
from tests.pages.conftest import plain_ground, sign_in
from tests.pages.looking import complaints_about
from tests.pages.test_browser import open_page
from tests.pages.test_browser import pytestmark as in_a_browser
from tests.promises.cast import in_days, promised
from tests.reminders.conftest import queue_reminder

pytestmark = in_a_browser
__all__ = ["open_page", "plain_ground", "sign_in"]


@pytest.fixture
def addresses(account, agent, lead, admin, ready):
    """One account with much to come, one written off, one that waits for a second person, one with an agency."""
    create_plan(account, parts=[(in_days(5), 60_000), (in_days(35), 65_000)])
    promised(account, (2, 50_000), by=agent)
    queue_reminder(account)
    owner = account.portfolio
    ended, asked, handed = (factories.account(placement=owner) for _each in range(3))
    move(ended, "write_off", by=agent, second=lead)
    waiting = ask_move(asked, "close", reason=WHY, by=agent, why="statute_barred")
    move(handed, "agency", by=agent, second=lead)
    return {
        "account": reverse("account_page", args=[account.reference]),
        "ended": reverse("account_page", args=[ended.reference]),
        "end": reverse("account_end", args=[account.reference]),
        "end-back": reverse("account_end", args=[ended.reference]),
        "move": reverse("move_page", args=[waiting.reference]),
        "moves": reverse("move_list"),
        "moves-all": reverse("move_list") + "?show=all",
        "agencies": reverse("agency_list"),
        "agency": reverse("agency_edit", args=[north().pk]),
        "rules": reverse("end_rule_list"),
        "rule": reverse("end_rule_edit", args=["house"]),
        "recall-file": reverse("recall_file"),
    }


@pytest.mark.parametrize(("language", "screens"), [("en", [(1280, 800, "light")]), ("zh-hans", [(390, 844, "dark")])])
def test_the_pages_of_the_end_are_accessible_and_fit(
    addresses, open_page, live_server, admin, monkeypatch, language, screens
):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    admin.language = language
    admin.save()
    found = complaints_about(addresses, user=admin, open_page=open_page, url=live_server.url, screens=screens)
    assert found == []
