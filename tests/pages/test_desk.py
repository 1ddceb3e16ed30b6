"""An account in one pair of hands: kept while worked on, given up by outcome, by hand or by time, and nothing lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse

from accounts.models import Event, FollowUp, Note, WorkItem, WorkLease, WorkSweep
from accounts.services import assign_account, place_hold
from accounts.work_items import follow_record, go_on_with_round, refresh_everything
from accounts.work_leases import LEASE, lease, put_back, renew, take_next
from accounts.work_list import items_of
from common.clock import real_now, today
from payments.models import QuietPeriod
from payments.promises.quiet import leave_in_peace
from reminders.models import Conversation
from tests import factories

pytestmark = pytest.mark.django_db


def counts(client) -> dict[str, int]:
    refresh_everything()
    tabs = client.get(reverse("work_list")).context["tabs"]
    return {tab["url"].rpartition("=")[2]: tab["count"] for tab in tabs}


def run_out(account) -> None:
    WorkLease.objects.filter(account=account).update(until=real_now() - timedelta(seconds=1))


def post(client, name, account, **data):
    return client.post(reverse(name, args=[account.reference]), data)


def test_each_account_is_in_one_list_and_each_count_opens_its_list(agent, sign_in):
    waiting, later, dated, held, _plain = [factories.account() for _ in range(5)]
    Conversation.objects.create(debtor=waiting.debtor, state="waiting", waiting_since=real_now() - timedelta(days=2))
    leave_in_peace(later, until=real_now() + timedelta(days=2), reason="x")
    FollowUp.objects.create(account=dated, on=today() + timedelta(days=4))
    place_hold(held, kind="cease", reason="asked us", by=None)
    client = sign_in(agent)
    assert counts(client) == {"work": 2, "overdue": 1, "today": 1, "later": 2, "hold": 1}
    for which, number in counts(client).items():
        answer = client.get(reverse("work_list"), {"show": which})
        assert (answer.context["total"], len(answer.context["page"].rows)) == (number, number)
    assert QuietPeriod.objects.count() == 1


def test_a_day_somebody_set_brings_the_account_back_on_that_day_and_later_as_overdue(agent, sign_in):
    account = factories.account()
    FollowUp.objects.create(account=account, on=today())
    client = sign_in(agent)
    assert counts(client)["today"] == 1
    FollowUp.objects.update(on=today() - timedelta(days=3))
    assert counts(client)["overdue"] == 1


def test_an_account_stopped_after_the_list_was_worked_out_is_not_handed_over(agent):
    first, second = factories.account(days_overdue=80), factories.account(days_overdue=5)
    refresh_everything()
    place_hold(first, kind="cease", reason="asked us", by=None)
    assert take_next(agent, items_of(agent)) == second
    assert WorkItem.objects.get(pk=first.pk).on_hold


def test_one_given_to_a_colleague_after_the_list_was_worked_out_is_not_handed_over(agent, lead, account):
    refresh_everything()
    assign_account(account, to=lead, by=lead)
    assert take_next(agent, items_of(agent)) is None


def test_ones_own_accounts_come_before_those_of_nobody(agent):
    factories.account(days_overdue=70)
    mine = factories.account(days_overdue=3, assigned_to=agent)
    refresh_everything()
    assert take_next(agent, items_of(agent)) == mine


def test_put_back_it_is_free_at_once_and_done_it_rests(agent, lead, account):
    refresh_everything()
    assert take_next(agent, items_of(agent)) == account
    put_back(account, agent)
    assert take_next(lead, items_of(lead)) == account


def test_keeping_it_moves_the_end_and_nobody_keeps_what_another_has(agent, lead, account):
    lease(account, agent)
    run_out(account)
    assert renew(account, agent)
    assert WorkLease.objects.get().until > real_now() + LEASE - timedelta(minutes=1)
    run_out(account)
    assert lease(account, lead)
    assert not renew(account, agent)
    assert WorkLease.objects.get().agent == lead


def test_the_page_says_whose_it_is_and_offers_what_fits(agent, lead, account, sign_in):
    client, url = sign_in(agent), reverse("account_page", args=[account.reference])
    assert "Nobody is working on this account" in client.get(url).content.decode()
    post(client, "account_hands", account, do="take")
    assert "In your hands until" in client.get(url).content.decode()
    html = sign_in(lead).get(url).content.decode()
    assert "Alice Agent is working on this account" in html
    assert 'value="take"' not in html


def test_a_part_of_the_page_asks_again_whose_it_is(agent, account, sign_in):
    lease(account, agent)
    answer = sign_in(agent).post(
        reverse("account_hands", args=[account.reference]), {"do": "keep"}, headers={"HX-Request": "true"}
    )
    html = answer.content.decode()
    assert html.startswith('<div id="hands"')
    assert "In your hands until" in html


def test_a_note_typed_into_a_lost_account_stays_says_who_has_it_and_is_kept_when_sent_again(
    agent, lead, account, sign_in
):
    lease(account, agent)
    run_out(account)
    lease(account, lead)
    client = sign_in(agent)
    answer = post(client, "account_note", account, text="Pays on Friday", token="t")
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Lena Lead has had this account since" in html
    assert "Pays on Friday</textarea>" in html
    assert 'name="anyway" value="1"' in html
    assert Note.objects.count() == 0
    post(client, "account_note", account, text="Pays on Friday", token="t", anyway="1")
    assert Note.objects.get().text == "Pays on Friday"


def test_done_it_leaves_ones_hands_and_comes_back_on_the_day_chosen(agent, account, sign_in):
    refresh_everything()
    client, day = sign_in(agent), today() + timedelta(days=5)
    client.post(reverse("work_next"))
    answer = post(client, "account_finish", account, on=day.isoformat(), token="t")
    assert answer["Location"] == reverse("work_list")
    assert WorkLease.objects.get().until <= real_now()
    assert FollowUp.objects.get().on == day
    assert WorkItem.objects.get().follow_on == day
    assert Event.objects.get(kind="work.finished").data == {"due_on": day.isoformat()}
    assert client.get(reverse("work_list"), {"show": "later"}).context["total"] == 1


def test_done_and_the_next_hands_over_another(agent, sign_in, portfolio_of):
    portfolio_of(2)
    refresh_everything()
    client = sign_in(agent)
    first = client.post(reverse("work_next"))["Location"]
    account = WorkLease.objects.get().account
    second = post(client, "account_finish", account, on="", token="t", then="next")["Location"]
    assert first != second
    assert "/accounts-of/" in second


def test_done_with_an_account_somebody_else_took_changes_nothing_and_says_who(agent, lead, account, sign_in):
    lease(account, lead)
    answer = post(sign_in(agent), "account_finish", account, on=today().isoformat(), token="t")
    assert answer.status_code == 409
    assert "Lena Lead has had this account since" in answer.content.decode()
    assert not FollowUp.objects.exists()
    assert WorkLease.objects.get().agent == lead


@pytest.mark.parametrize("days", [-1, 91])
def test_a_senseless_day_is_refused_at_its_field(agent, account, sign_in, days):
    day = today() + timedelta(days=days)
    answer = post(sign_in(agent), "account_finish", account, on=day.isoformat(), token="t")
    assert answer.status_code == 422
    assert "Choose a day from today to 90 days ahead." in answer.content.decode()


def test_a_creditor_may_not_take_accounts(account, bank_user, sign_in):
    client = sign_in(bank_user)
    for name in ("account_hands", "account_finish"):
        assert post(client, name, account, do="take").status_code == 403
    assert "Whose turn it is" not in client.get(reverse("account_page", args=[account.reference])).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_agents_who_ask_in_the_same_moment_are_given_two_accounts_and_neither_waits(agent, lead, portfolio_of):
    portfolio_of(2)
    refresh_everything()
    both, given = threading.Barrier(2), {}

    def ask(user):
        try:
            with transaction.atomic():
                given[user.pk] = take_next(user, items_of(user))
                both.wait(timeout=20)  # each still holds its locks: a third party would wait for them
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, [agent, lead]))
    assert None not in given.values()
    assert given[agent.pk] != given[lead.pk]


@pytest.mark.django_db(transaction=True)
def test_what_happens_to_an_account_is_seen_at_the_next_tick_and_other_accounts_are_left_alone(agent, portfolio_of):
    first, other = portfolio_of(2)
    follow_record()
    while go_on_with_round():
        pass
    assert WorkItem.objects.count() == 2
    WorkItem.objects.filter(pk=other.pk).update(priority=-7)
    place_hold(first, kind="cease", reason="asked us", by=agent)
    assert follow_record() == 1
    assert WorkItem.objects.get(pk=first.pk).on_hold
    assert WorkItem.objects.get(pk=other.pk).priority == -7


@pytest.mark.django_db(transaction=True)
def test_what_was_written_before_and_committed_after_a_tick_is_seen_at_the_next(agent, portfolio_of):
    slow, quick = portfolio_of(2)
    follow_record()
    while go_on_with_round():
        pass
    written, go_on = threading.Event(), threading.Event()

    def slowly():
        try:
            with transaction.atomic():
                place_hold(slow, kind="cease", reason="asked us", by=agent)
                written.set()
                assert go_on.wait(timeout=30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(slowly)
        assert written.wait(timeout=30)
        place_hold(quick, kind="cease", reason="asked us", by=agent)
        follow_record()
        assert WorkItem.objects.get(pk=quick.pk).on_hold
        assert not WorkItem.objects.get(pk=slow.pk).on_hold
        go_on.set()
        running.result()
    follow_record()
    assert WorkItem.objects.get(pk=slow.pk).on_hold


@pytest.mark.django_db(transaction=True)
def test_a_new_day_begins_a_new_round_and_what_is_paid_leaves_the_list(portfolio_of):
    (account,) = portfolio_of(1)
    while go_on_with_round():
        pass
    type(account).objects.filter(pk=account.pk).update(status="closed")
    assert not go_on_with_round()
    assert WorkItem.objects.exists()
    WorkSweep.objects.update(round_of=today() - timedelta(days=1))
    go_on_with_round()
    assert not WorkItem.objects.exists()
