"""The work list: ordered by a number whose reasons are said, each account to one agent only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import Account, Hold, WorkLease
from accounts.work_items import refresh_everything
from accounts.work_leases import lease, lease_of_another, take_next
from accounts.work_list import items_of
from common.clock import now, real_now, today
from payments.models import Instalment, PaymentLink, Plan
from tests import factories

pytestmark = pytest.mark.django_db


def listed(client, **params):
    refresh_everything()
    page = client.get(reverse("work_list"), params).context["page"]
    return [account.pk for account in page.rows]


def break_promise(account: Account, *, days_ago: int = 1) -> None:
    plan = Plan.objects.create(account=account, state="active", currency=account.currency, total_minor=1000)
    due = today() - timedelta(days=days_ago)
    Instalment.objects.create(plan=plan, number=1, due_on=due, amount_minor=1000, state="missed")


def test_a_broken_promise_comes_before_a_merely_old_debt_and_says_so(agent, sign_in):
    old = factories.account(days_overdue=70)
    broken = factories.account(days_overdue=10)
    break_promise(broken)
    refresh_everything()
    rows = [item.account for item in sign_in(agent).get(reverse("work_list")).context["page"].rows]
    assert [row.pk for row in rows] == [broken.pk, old.pk]
    assert rows[0].reasons[0].words == "promise broken yesterday"
    assert "70 days overdue" in [reason.words for reason in rows[1].reasons]


def test_the_points_of_an_account_are_the_sum_of_the_reasons_it_shows(agent, sign_in):
    account = factories.account(days_overdue=35, balance_minor=5_000_000)
    break_promise(account, days_ago=3)
    PaymentLink.objects.create(
        account=account, token_hash="a" * 64, expires_at=now() + timedelta(days=9), first_opened_at=now()
    )
    refresh_everything()
    row = sign_in(agent).get(reverse("work_list")).context["page"].rows[0]
    assert row.priority == sum(reason.points for reason in row.account.reasons) > 100
    assert "high balance" in [reason.words for reason in row.account.reasons]


def test_accounts_on_hold_paid_quiet_or_not_yet_due_are_not_work(agent, sign_in):
    work = factories.account()
    held = factories.account()
    Hold.objects.create(debtor=held.debtor, kind="cease", blocks=["contact"], reason="asked")
    quiet = factories.account(quiet_until=now() + timedelta(days=2))
    factories.account(days_overdue=-3)
    factories.account(status="closed")
    client = sign_in(agent)
    assert listed(client) == [work.pk]
    assert listed(client, show="hold") == [held.pk]
    assert listed(client, show="later") == [quiet.pk]


def test_a_hold_due_for_review_comes_back_as_work(agent, sign_in):
    held = factories.account()
    Hold.objects.create(
        debtor=held.debtor, account=held, kind="dispute", blocks=["contact"], reason="x", review_on=today()
    )
    refresh_everything()
    row = sign_in(agent).get(reverse("work_list")).context["page"].rows[0]
    assert row.pk == held.pk
    assert "a hold is due for review" in [reason.words for reason in row.account.reasons]


def test_filters_stand_in_the_address(agent, sign_in):
    mine = factories.account(assigned_to=agent, days_overdue=5)
    loan = factories.account(product="loan", days_overdue=45)
    client = sign_in(agent)
    assert listed(client, assigned="me") == [mine.pk]
    assert listed(client, product="loan") == [loan.pk]
    assert listed(client, age="1-30") == [mine.pk]
    assert listed(client, creditor=loan.creditor_id) == [loan.pk]
    assert set(listed(client, creditor="nonsense")) == {mine.pk, loan.pk}


def test_paging_shows_every_account_once_there_and_back(agent, sign_in, portfolio_of):
    accounts = portfolio_of(60)
    refresh_everything()
    client, cursor, seen, pages = sign_in(agent), "", [], []
    while True:
        page = client.get(reverse("work_list"), {"cursor": cursor}).context["page"]
        pages.append([row.pk for row in page.rows])
        seen += pages[-1]
        if not page.next:
            break
        cursor = page.next
    assert len(pages) == 3
    assert sorted(seen) == sorted(account.pk for account in accounts)
    back = client.get(reverse("work_list"), {"cursor": page.previous}).context["page"]
    assert [row.pk for row in back.rows] == pages[1]


def test_a_cursor_from_elsewhere_starts_at_the_beginning(agent, sign_in, account):
    client = sign_in(agent)
    for cursor in ("x", "WyJuIiwxXQ", "WyJuIiwiYSIsImIiXQ", "%%%"):
        assert listed(client, cursor=cursor) == [account.pk]


def test_the_next_account_is_leased_and_the_one_after_is_another(agent, sign_in, portfolio_of):
    portfolio_of(3)
    refresh_everything()
    client = sign_in(agent)
    given = [client.post(reverse("work_next"))["Location"] for _ in range(3)]
    assert len(set(given)) == 3
    assert client.post(reverse("work_next"))["Location"] == reverse("work_list")
    assert WorkLease.objects.filter(agent=agent, until__gt=real_now()).count() <= 1


def test_an_account_in_other_hands_is_passed_over_until_the_lease_ends(agent, lead, portfolio_of):
    portfolio_of(1)
    refresh_everything()
    first = take_next(agent, items_of(agent))
    assert take_next(lead, items_of(lead)) is None
    assert lease_of_another(first, lead).agent == agent
    WorkLease.objects.update(until=real_now() - timedelta(hours=5), taken_at=real_now() - timedelta(hours=5))
    assert take_next(lead, items_of(lead)) == first


def test_an_account_assigned_to_another_agent_is_not_handed_out(agent, lead):
    factories.account(assigned_to=lead)
    refresh_everything()
    assert take_next(agent, items_of(agent)) is None


@pytest.mark.django_db(transaction=True)
def test_two_agents_pressing_at_once_never_get_the_same_account(portfolio_of):
    accounts = portfolio_of(4)
    refresh_everything()
    agents = [factories.user() for _ in range(8)]

    def press(user):
        try:
            return take_next(user, items_of(user))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        given = [account.pk for account in pool.map(press, agents) if account]
    assert sorted(given) == sorted(account.pk for account in accounts)


def test_a_lease_taken_blindly_would_be_taken_twice(account, agent, lead):
    """The twin: without the condition in the statement, the second agent overwrites the first."""
    assert lease(account, agent)
    assert not lease(account, lead)
    WorkLease.objects.update_or_create(account=account, defaults={"agent": lead})
    assert WorkLease.objects.get().agent == lead
