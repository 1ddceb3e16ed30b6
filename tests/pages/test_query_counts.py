"""A page asks the same number of questions however long its list is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.services import add_note
from common.clock import now
from payments.models import Payment, PaymentLink
from reminders.models import Message
from tests import factories

pytestmark = pytest.mark.django_db

LISTS = ["work_list", "account_list", "payment_list", "message_list", "dashboard", "user_list", "schedule_list"]


def queries(client, url: str) -> int:
    """The sandbox's clock is read once a second, whatever page that falls on: it is left out."""
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return sum("common_clockshift" not in query["sql"] for query in seen)


def grow(portfolio_of, count: int) -> None:
    for account in portfolio_of(count):
        Message.objects.create(
            account=account, debtor=account.debtor, purpose="x", occasion="y", channel="sms", due_at=now()
        )
        Payment.objects.create(account=account, amount_minor=5, currency="CNY", source="link", state="failed")
    factories.user()


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_as_much_for_three_rows_as_for_fifteen(name, admin, sign_in, portfolio_of, installed):
    client = sign_in(admin)
    grow(portfolio_of, 3)
    client.get(reverse(name))
    few = queries(client, reverse(name))
    grow(portfolio_of, 12)
    assert queries(client, reverse(name)) == few


def test_the_account_page_asks_as_much_for_a_long_story_as_for_a_short_one(account, agent, sign_in, installed):
    client, url = sign_in(agent), reverse("account_page", args=[account.reference])

    def happen(times: int, tag: str) -> None:
        for number in range(times):
            add_note(account, author=agent, text="spoke to her")
            PaymentLink.objects.create(
                account=account, token_hash=f"{tag}{number:063d}", expires_at=now() + timedelta(days=3)
            )
            Payment.objects.create(account=account, amount_minor=5, currency="CNY", source="link", state="failed")
            Message.objects.create(
                account=account, debtor=account.debtor, purpose="x", occasion=f"{tag}{number}", channel="sms",
                due_at=now(), state="sent",
            )  # fmt: skip

    happen(1, "a")
    client.get(url)
    few = queries(client, url)
    happen(12, "b")
    client.get(url)
    assert queries(client, url) == few
