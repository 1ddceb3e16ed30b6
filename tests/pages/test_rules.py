"""Rules about interest, fees and allocation: one person asks, another agrees, and nobody edits the past."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from common.clock import today
from payments.accrual.catching_up import replay_due
from payments.accrual.posting import accrue_day
from payments.models import AllocationOrder, FeeRule, InterestTerms, ReplayDue, RuleChange
from tests import factories
from tests.payments.helpers import books_are_right

pytestmark = pytest.mark.django_db
LONG_AGO = "2020-01-01"
TERMS = {
    "yearly": "8", "day_count": "actual_365", "runs_from": "due_date", "effective_from": LONG_AGO,
    "reason": "as agreed", "sample_amount": "100", "sample_days": "30",
}  # fmt: skip


@pytest.fixture
def wang(db):
    """3,650.00 CNY, due forty days ago."""
    return factories.account(person=factories.debtor(time_zone="UTC"), balance_minor=365_000, days_overdue=40)


@pytest.fixture
def pages(sign_in, installed, compliance_officer, admin):
    """The compliance officer asks, the administrator agrees."""
    return sign_in(compliance_officer), sign_in(admin)


def ask(client, kind: str, said: dict, replaces=None) -> RuleChange:
    args = [kind, replaces.pk] if replaces else [kind]
    url = reverse("rule_change" if replaces else "rule_new", args=args)
    answer = client.post(url, {"token": uuid4().hex} | said)
    assert answer.status_code == 302, answer.context["form"].errors
    return RuleChange.objects.latest("pk")


def agree(client, change: RuleChange, answer: str = "yes") -> None:
    client.post(reverse("rule_decide", args=[change.reference]), {"answer": answer, "note": "no"})
    change.refresh_from_db()


def interest_of(account) -> int:
    account.refresh_from_db()
    return account.interest_minor


def test_interest_runs_only_when_a_second_person_has_agreed(wang, pages):
    asking, agreeing = pages
    change = ask(asking, "interest", TERMS | {"yearly": "10"})
    assert accrue_day() == 0
    agree(asking, change)
    assert (change.state, InterestTerms.objects.count()) == ("requested", 0)
    agree(agreeing, change)
    assert change.state == "approved"
    accrue_day()
    assert interest_of(wang) == 4_000


def test_a_second_look_says_how_many_accounts_change_and_by_how_much(wang, pages):
    asking, agreeing = pages
    factories.account(balance_minor=0, days_overdue=1)
    change = ask(asking, "interest", TERMS | {"yearly": "10"})
    page = agreeing.get(reverse("rule_request", args=[change.reference]))
    found = page.context["preview"]
    assert (found.fitting, found.changed) == (2, 1)
    example = found.examples[0]
    assert (example.now_without.minor, example.now_with.minor, example.later_with.minor) == (365_000, 369_000, 372_000)
    assert "Of 2 accounts 1 would change." in page.content.decode()
    assert interest_of(wang) == 0


def test_a_change_from_a_past_day_on_is_told_again_within_seconds_and_says_why(wang, pages):
    asking, agreeing = pages
    agree(agreeing, ask(asking, "interest", TERMS | {"yearly": "10"}))
    accrue_day()
    day = today() - timedelta(days=10)
    first = InterestTerms.objects.get()
    agree(agreeing, ask(asking, "interest", TERMS | {"yearly": "20", "effective_from": day.isoformat()}, first))
    first.refresh_from_db()
    assert first.effective_until == day
    assert interest_of(wang) == 4_000
    assert (replay_due(), replay_due()) == (1, 0)
    assert interest_of(wang) == 3_000 + 2_000
    page = agreeing.get(reverse("account_page", args=[wang.reference])).content.decode()
    assert "Interest terms" in page
    assert books_are_right()


def test_two_rules_of_the_same_scope_and_time_are_refused_and_a_narrower_one_is_not(wang, pages):
    asking, agreeing = pages
    agree(agreeing, ask(asking, "interest", TERMS))
    answer = asking.post(
        reverse("rule_new", args=["interest"]), TERMS | {"effective_from": today().isoformat(), "token": "u" * 32}
    )
    assert answer.status_code == 422
    assert "8 % a year" in str(answer.context["form"].errors["effective_from"])
    ask(asking, "interest", TERMS | {"product": "credit_card"})


def test_of_two_requests_for_the_same_the_second_is_refused_when_it_is_decided(wang, pages):
    asking, agreeing = pages
    first, second = ask(asking, "interest", TERMS), ask(asking, "interest", TERMS | {"yearly": "9"})
    agree(agreeing, first)
    agree(agreeing, second)
    assert (first.state, second.state, InterestTerms.objects.count()) == ("approved", "requested", 1)


def test_a_rule_that_ends_on_its_first_day_counts_as_never_made(wang, pages):
    asking, agreeing = pages
    agree(agreeing, ask(asking, "interest", TERMS | {"yearly": "10"}))
    accrue_day()
    rule = InterestTerms.objects.get()
    asking.post(reverse("rule_end", args=["interest", rule.pk]), {"day": LONG_AGO, "reason": "x", "token": "e" * 32})
    agree(agreeing, RuleChange.objects.latest("pk"))
    replay_due()
    assert (interest_of(wang), InterestTerms.objects.count()) == (0, 0)
    assert books_are_right()


def test_whoever_asked_may_take_it_back(wang, pages):
    asking, _agreeing = pages
    change = ask(asking, "interest", TERMS)
    agree(asking, change, answer="no")
    assert (change.state, InterestTerms.objects.count()) == ("rejected", 0)


def test_the_same_form_twice_asks_once(wang, pages):
    asking, _agreeing = pages
    for _number in range(2):
        asking.post(reverse("rule_new", args=["interest"]), TERMS | {"token": "t" * 32})
    assert RuleChange.objects.count() == 1


def test_the_example_is_worked_out_by_the_server_as_the_form_is_filled_in(pages):
    asking, _agreeing = pages
    url = reverse("rule_new", args=["interest"])
    page = asking.post(url, TERMS | {"act": "example", "effective_from": ""})
    assert page.status_code == 200
    assert "0.65" in page.content.decode()
    assert "0.65753424" in page.content.decode()
    page = asking.post(url, TERMS | {"act": "example", "day_count": "thirty_360", "yearly": "12", "cap_share": "0.5"})
    assert page.context["example"]["interest"].charged.minor == 50
    assert not RuleChange.objects.exists()


def test_fees_at_two_ages_stand_beside_each_other_and_a_narrower_rule_replaces_both(wang, pages):
    asking, agreeing = pages
    fee = {"trigger": "overdue", "component": "fees", "currency": "CNY", "effective_from": LONG_AGO, "reason": "x"}
    other = factories.account(
        person=factories.debtor(time_zone="UTC"), product="loan", balance_minor=365_000, days_overdue=40
    )
    for days, flat in (("45", "3"), ("50", "5.50")):
        agree(agreeing, ask(asking, "fee", fee | {"days": days, "flat": flat}))
    agree(agreeing, ask(asking, "fee", fee | {"days": "55", "flat": "1", "product": "loan"}))
    accrue_day(today() + timedelta(days=20))
    for account, owed in ((wang, 850), (other, 100)):
        account.refresh_from_db()
        assert account.fees_minor == owed
    assert FeeRule.objects.count() == 3


def test_places_of_an_order_move_by_buttons_and_a_law_fills_them_in(wang, pages):
    asking, agreeing = pages
    url = reverse("rule_new", args=["order"])
    page = asking.post(url, {"act": "preset:", "preset": "bgb_497", "sample_amount": "120"})
    assert "BGB § 497(3)" in page.content.decode()
    buckets = page.context["buckets"]
    assert buckets.split(",")[3] == "past_due:principal"
    page = asking.post(url, {"act": "up:past_due:principal", "buckets": buckets, "sample_amount": "120"})
    assert page.context["buckets"].split(",")[2] == "past_due:principal"
    assert "Principal, past due is now number 3." in page.content.decode()
    said = {"buckets": page.context["buckets"], "follows_debtor": "on", "effective_from": LONG_AGO, "reason": "law"}
    agree(agreeing, ask(asking, "order", said))
    order = AllocationOrder.objects.get()
    assert (order.buckets[2], order.follows_debtor) == ("past_due:principal", True)
    assert "Principal, past due" in agreeing.get(reverse("rule_page", args=["order", order.pk])).content.decode()


def test_an_order_that_does_not_name_every_place_once_is_refused(pages):
    asking, _agreeing = pages
    said = {"buckets": "past_due:costs", "token": "b" * 32, "effective_from": LONG_AGO, "reason": "x"}
    assert asking.post(reverse("rule_new", args=["order"]), said).status_code == 422


def test_the_list_says_what_is_in_force_and_what_comes_and_a_lead_only_reads(wang, pages, sign_in, lead):
    asking, agreeing = pages
    agree(agreeing, ask(asking, "interest", TERMS | {"effective_until": "2021-01-01"}))
    agree(agreeing, ask(asking, "interest", TERMS | {"yearly": "9", "effective_from": "2021-01-01"}))
    later = (today() + timedelta(days=30)).isoformat()
    agree(
        agreeing,
        ask(asking, "interest", TERMS | {"yearly": "7", "effective_from": later}, InterestTerms.objects.last()),
    )
    page = sign_in(lead).get(reverse("rule_list"))
    shown = {kind: rows for kind, _words, rows in page.context["groups"]}["interest"]
    titles = {name: [row["title"] for row in rows] for name, rows in shown.items()}
    assert titles == {"now": ["9 % a year"], "later": ["7 % a year"], "over": ["8 % a year"]}
    assert "New interest terms" not in page.content.decode()
    assert not ReplayDue.objects.filter(account=wang).count() > 2
