"""Two at the same moment, each with a connection of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Event
from common.errors import Conflict
from payments.models import Promise
from payments.promises import judge_due, withdraw_promise
from tests.payments.test_concurrency import at_once
from tests.promises.cast import move_to, paid, promised, state_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_agents_one_takes_it_and_the_other_is_told_who(account, agent, lead):
    results = at_once(*(lambda by=by: promised(account, (3, 50_000), by=by) for by in (agent, lead)))
    (refused,) = [one for one in results if isinstance(one, Conflict)]
    (taken,) = [one for one in results if isinstance(one, Promise)]
    assert taken.taken_by.name in refused.message and Promise.objects.count() == 1


def test_one_form_sent_twice_is_one_promise(account, agent):
    first, second = at_once(*[lambda: promised(account, (3, 50_000), by=agent, request_key="f")] * 2)
    assert first == second and Event.objects.filter(kind="promise.taken").count() == 1


def test_two_judges_say_it_once(account, agent):
    promise = promised(account, (1, 50_000), by=agent)
    move_to(promise.judge_at + timedelta(minutes=1))
    at_once(judge_due, judge_due, judge_due)
    assert state_of(promise) == "broken" and Event.objects.filter(kind="promise.broken").count() == 1


def test_paid_and_withdrawn_at_once_it_is_one_of_both(account, agent):
    promise = promised(account, (3, 50_000), by=agent)
    results = at_once(
        lambda: paid(account, 50_000), lambda: withdraw_promise(promise, reason="a misunderstanding", by=agent)
    )
    assert all(not isinstance(one, Exception) or isinstance(one, Conflict) for one in results), results
    assert state_of(promise) in ("kept", "withdrawn")
    account.refresh_from_db()
    assert (account.quiet_until is None) == (promise.state == "withdrawn")
