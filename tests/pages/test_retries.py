"""What the staff see: the next try with its reasons, and what was learned with the tries behind every number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse, reverse_lazy
from django.utils.html import escape

from payments.models import RetryDecision
from payments.panels import plan_panel
from payments.retries.folding import fold_tries
from payments.retries.words import because_words
from tests import factories
from tests.pages.conftest import signed_in as session_of
from tests.payments.retries.rows import instalment_of, tried
from wallets.models import Provider

pytestmark = pytest.mark.django_db
LEARNED, TRIES = reverse_lazy("retry_list"), reverse_lazy("retry_tries")
AT = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def provider(db):
    return Provider.objects.create(key="alipay", name="Alipay", status="vetted", currencies=["CNY"])


def signed_in(role: str) -> Client:
    return session_of(factories.user(role=role))


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_shows_what_was_learned_and_every_number_opens_its_tries(account, provider):
    for number in range(1, 26):
        tried(instalment_of(account, number), provider, AT, state="reversed" if number <= 10 else "failed")
    fold_tries()
    lead = signed_in("lead")
    shown = page(lead, LEARNED)
    assert "First try" in shown and "40%" in shown and "10:00: 40% of 25" in shown
    opened = page(lead, f"{TRIES}?provider=alipay&reason=first&currency=CNY&digits=3")
    assert "25 tries" in opened and account.reference in opened
    gained = page(lead, f"{TRIES}?provider=alipay&reason=first&currency=CNY&digits=3&gained=1")
    assert "10 tries" in gained
    slot = page(lead, f"{TRIES}?provider=alipay&reason=first&currency=CNY&digits=3&kind=hour&slot=10")
    assert "25 tries" in slot and "10:00" in slot


def test_before_anything_is_learned_the_page_says_so(db):
    assert "Nothing learned yet" in page(signed_in("admin"), LEARNED)


def test_an_agent_does_not_see_what_was_learned(db):
    assert signed_in("agent").get(LEARNED).status_code == 403


def test_a_senseless_address_leads_back_to_the_page(db):
    assert signed_in("lead").get(f"{TRIES}?digits=x").status_code == 302


def decided(account, provider, **fields) -> RetryDecision:
    row = instalment_of(account)
    row.state, row.retry_on = "noticed", AT.date() + timedelta(days=1)
    row.save()
    defaults = {"outcome": "retry", "ladder": "declined", "rung": 0, "next_at": AT + timedelta(days=1)}
    because = [
        {"code": "failed", "reason": "insufficient_funds"},
        {"code": "rung", "rung": 1, "days": 1},
        {"code": "pay_day", "day": 11},
        {"code": "left", "tries": 3},
        {"code": "of_another_age"},
    ]
    made = tried(row, provider, AT)
    fields = defaults | {"reason": "insufficient_funds", "because": because} | fields
    return RetryDecision.objects.create(attempt=made, instalment=row, **fields)


def test_the_account_page_says_when_the_next_try_is_and_why(account, provider):
    decided(account, provider)
    shown = page(signed_in("agent"), reverse("account_page", args=[account.reference]))
    assert "Next try" in shown and escape("There was not enough money in the wallet.") in shown
    assert "Try 1 after it: one day later." in shown and "3 tries are left." in shown
    assert "The debtor is paid on day 11 of the month." in shown


def test_a_paid_instalment_shows_no_next_try(account, provider):
    row = decided(account, provider).instalment
    row.state, row.paid_minor = "paid", row.amount_minor
    row.save()
    shown = plan_panel(None, account)["rows"][0]
    assert shown["next_at"] is None and shown["because"] == []


def test_a_missed_instalment_says_why_there_is_no_other_try(account, provider):
    because = [{"code": "failed", "reason": "insufficient_funds"}, {"code": "no_more_tries"}]
    row = decided(account, provider, outcome="stop", next_at=None, reason="no_more_tries", because=because).instalment
    row.state, row.retry_on = "missed", None
    row.save()
    assert plan_panel(None, account)["rows"][0]["because"][-1] == "All agreed attempts were used."


PLAIN_REASONS = (
    "limit_of_the_day",
    "limit_of_the_month",
    "moved",
    "told_anew",
    "window_ends",
    "other_wallet",
    "debtor_must_act",
    "never_again",
    "agree_anew",
    "not_understood",
    "our_fault",
    "no_day_left",
    "unlikely",
    "no_more_tries",
)


@pytest.mark.parametrize("code", PLAIN_REASONS)
def test_every_reason_has_its_words(code):
    assert because_words([{"code": code}])[0].endswith(".")


def test_reasons_with_facts_name_them():
    said = because_words(
        [
            {"code": "trouble", "rung": 1, "minutes": 5},
            {"code": "our_mistake", "rung": 2, "minutes": 360},
            {"code": "cap", "until": "2026-04-08T02:00:00+00:00"},
            {"code": "learned", "day": "2026-03-12", "tries": 900, "chance": 60, "usual": 20},
            {"code": "left", "tries": 1},
        ]
    )
    assert "5 minutes" in said[0] and "6 hours" in said[1] and "April 8, 2026" in said[2]
    assert "60%" in said[3] and "20%" in said[3] and "900" in said[3] and said[4] == "It is the last try."
