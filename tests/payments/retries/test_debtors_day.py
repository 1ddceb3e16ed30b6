"""The debtor reads when the next try is, and may put it on another day that everything allows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from common.clock import now, today
from common.errors import Conflict, InvalidInput
from payments.debits import debit_due_instalments
from payments.models import Attempt, RetryDecision
from payments.plans import create_plan
from payments.retries.moving import days_to_choose, move_retry
from payments.services import create_link
from tests.payments.helpers import balance, kinds, signed_mandate, tell_the_people
from wallets.services import pause_mandate

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("days_of_the_ladder")]


@pytest.fixture
def failed(account, wallet, alipay):
    """A debit that failed on the 3rd day while the wallet's window is open until the end of the 7th."""
    mandate = signed_mandate(account, wallet, first_debit_on=today("Asia/Shanghai") + timedelta(days=7))
    create_plan(account, parts=[(today("Asia/Shanghai") + timedelta(days=3), 40_000)], mandate=mandate)
    wallet.move_clock(hours=9)
    tell_the_people()
    wallet.move_clock(days=3)
    wallet.control.fault("decline", method="alipay.trade.pay", code="ACQ.BUYER_BALANCE_NOT_ENOUGH")
    debit_due_instalments()
    return RetryDecision.objects.select_related("instalment", "attempt").get()


@pytest.fixture
def link(account) -> str:
    _link, url = create_link(account)
    return url.rstrip("/").rpartition("/")[2]


def page(link: str, name: str = "pay", **form: str):
    address = reverse(name, args=[link])
    return Client().post(address, form, follow=True) if form else Client().get(address, follow=True)


def test_the_page_says_when_we_try_again_and_what_can_be_done(failed, link):
    shown = page(link).content.decode()
    assert "We will try again on" in shown and "You can pay now or change the day." in shown
    assert reverse("debtor_retry", args=[link]) in shown


def test_only_days_inside_the_wallets_window_can_be_chosen(failed, link):
    begin = today("Asia/Shanghai")
    assert [day for day, _moment in days_to_choose(failed)] == [begin + timedelta(days=ahead) for ahead in range(1, 5)]
    assert page(link, "debtor_retry").content.decode().count("<option") == 4


def test_the_chosen_day_holds_and_the_debit_is_made_then_and_not_before(failed, account, wallet, link):
    chosen = today("Asia/Shanghai") + timedelta(days=3)
    assert "Changed: we will try again on" in page(link, "debtor_retry", day=chosen.isoformat()).content.decode()
    failed.refresh_from_db()
    assert failed.because[-1]["code"] == "chosen" and "instalment.retry_moved" in kinds(account)
    wallet.move_clock(days=2)
    assert debit_due_instalments().created == 0
    wallet.move_clock(seconds=(failed.next_at - now()).total_seconds() + 1)
    assert debit_due_instalments().settled == 1 and balance(account) == 85_000


def test_choosing_a_day_is_no_try(failed, account):
    before = failed.instalment.attempts_used
    move_retry(account, days_to_choose(failed)[-1][0])
    failed.refresh_from_db()
    assert (failed.rung, failed.instalment.attempts_used) == (0, before) and Attempt.objects.count() == 1


def test_a_day_that_nothing_allows_is_refused_and_nothing_changes(failed, account, link):
    late = today("Asia/Shanghai") + timedelta(days=9)
    with pytest.raises(InvalidInput):
        move_retry(account, late)
    assert page(link, "debtor_retry", day=late.isoformat()).status_code == 422
    before = failed.next_at
    failed.refresh_from_db()
    assert failed.next_at == before


def test_a_paused_agreement_has_no_next_try_to_show_or_to_move(failed, account, link):
    pause_mandate(failed.attempt.mandate, reason="asked for")
    assert "We will try again" not in page(link).content.decode()
    with pytest.raises(Conflict):
        move_retry(account, today("Asia/Shanghai") + timedelta(days=2))


def test_without_a_failed_debit_the_page_leads_back(account, wallet, alipay, link):
    assert page(link, "debtor_retry").redirect_chain
