"""Notices from the simulated wallet's own notifier to a real web server: lost, doubled, late, out of order, forged."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest

from payments.models import Attempt, ProviderEvent
from payments.services import apply_waiting_events, look_up_due_attempts
from tests import factories
from tests.faults.settling import due_debits, sound, tick
from tests.faults.site import Site
from tests.payments.helpers import balance, entries, open_page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def server(django_db_setup):
    """One for all tests of this module."""
    site = Site()
    site.start()
    yield site
    site.close()


@pytest.fixture
def site(server, wallet, alipay, settings):
    settings.PUBLIC_URL = server.url
    return server


def eventually(look: Callable[[], object], what: str) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not look():
        assert time.monotonic() < ends, f"{what} did not happen"
        time.sleep(0.05)


def payments_told() -> list[ProviderEvent]:
    return list(ProviderEvent.objects.filter(kind="payment").order_by("pk"))


def told(wallet) -> list[dict]:
    """What the wallet has to say about payments; agreements are told of as well."""
    found = wallet.control.get("alipay/notifies")["notifies"]
    return [one for one in found if "trade_no" in one["fields"]]


def delivered(wallet) -> bool:
    return all(one["state"] == "delivered" for one in told(wallet))


def test_a_notice_delivered_twice_counts_once(site, wallet):
    account = factories.account()
    wallet.control.fault("duplicate")
    wallet.pay(open_page(account).action.url)
    eventually(lambda: [row.times_received for row in payments_told()] == [2], "the second delivery")
    apply_waiting_events()
    assert balance(account) == 0 and entries(account) == 1
    assert sound(wallet)


def test_notices_in_the_wrong_order_are_each_applied_to_their_own_payment(site, wallet):
    accounts = [factories.account(balance_minor=10_000 * number) for number in (1, 2, 3)]
    wallet.control.fault("reorder")
    for account in accounts:
        wallet.pay(open_page(account).action.url)
    eventually(lambda: len(payments_told()) == 3, "three notices")
    first = Attempt.objects.order_by("pk").first()
    assert payments_told()[0].merchant_reference != first.merchant_reference, "they did come out of order"
    apply_waiting_events()
    assert [balance(account) for account in accounts] == [0, 0, 0] and sound(wallet)


def test_a_notice_that_comes_days_late_finds_the_money_where_the_look_up_put_it(site, wallet):
    account = factories.account()
    wallet.control.fault("delay", seconds=3600)
    wallet.pay(open_page(account).action.url)
    wallet.move_clock(minutes=1)
    look_up_due_attempts()
    assert balance(account) == 0 and payments_told() == []
    wallet.move_clock(days=5)
    (late,) = told(wallet)
    wallet.control.post(f"alipay/notifies/{late['id']}/resend")
    eventually(payments_told, "the late notice")
    apply_waiting_events()
    assert payments_told()[0].outcome == "ignored" and entries(account) == 1
    assert sound(wallet)


def test_a_notice_that_comes_days_late_while_no_worker_ran_is_the_payment_of_its_own_day(site, wallet):
    account = factories.account()
    wallet.control.fault("delay", seconds=3600)
    wallet.pay(open_page(account).action.url)
    paid_at = wallet.control.get("alipay/debits")["debits"][0]["at"]
    wallet.move_clock(days=5)
    (late,) = told(wallet)
    wallet.control.post(f"alipay/notifies/{late['id']}/resend")
    eventually(payments_told, "the late notice")
    tick()
    entry = Attempt.objects.get().payment.entry
    assert balance(account) == 0 and entry.effective_at.strftime("%Y-%m-%d") <= paid_at[:10]
    assert sound(wallet)


@pytest.mark.parametrize("fault", ["forge", "tamper"])
def test_a_forged_notice_is_refused_and_the_genuine_one_after_it_counts(site, wallet, fault):
    account = factories.account()
    wallet.control.fault(fault)
    wallet.pay(open_page(account).action.url)
    eventually(payments_told, "the genuine notice")
    assert ProviderEvent.objects.filter(kind="refused", outcome="refused").count() == 1
    assert told(wallet)[0]["answers"][0] == "status 400"
    apply_waiting_events()
    assert balance(account) == 0 and sound(wallet)


def test_a_stranger_who_says_paid_moves_nothing(site, wallet):
    account = factories.account()
    open_page(account)
    fields = {"notify_id": "1", "notify_type": "trade_status_sync", "trade_status": "TRADE_SUCCESS"}
    fields |= {"out_trade_no": Attempt.objects.get().merchant_reference, "total_amount": "1250.00", "sign": "AAAA"}
    answer = httpx.post(f"{site.url}/webhooks/wallets/alipay/", data=fields, trust_env=False)
    apply_waiting_events()
    assert answer.status_code == 400 and balance(account) == 125_000 and payments_told() == []
    assert sound(wallet) and balance(account) == 125_000


def test_debits_whose_answers_are_lost_are_settled_by_their_notices_alone(site, wallet):
    accounts = due_debits(wallet, 4)
    wallet.control.fault("timeout_after_commit", method="alipay.trade.pay", times=4)
    for fault in ("duplicate", "reorder", "forge", "tamper"):
        wallet.control.fault(fault)
    tick()
    assert wallet.debits() == 4 and [entries(account) for account in accounts] == [0] * 4
    eventually(lambda: len(payments_told()) == 4 and delivered(wallet), "four notices")
    apply_waiting_events()
    assert [balance(account) for account in accounts] == [85_000] * 4
    assert sound(wallet)


def test_a_server_killed_with_a_notice_in_its_hands_hears_it_again(wallet, alipay, settings, workers):
    """Stored and not yet answered: the wallet delivers again to the server that comes after, and it counts once."""
    account, site = factories.account(), Site()
    settings.PUBLIC_URL = site.url
    site.start(**workers.stop_at("notice_stored"))
    try:
        wallet.pay(open_page(account).action.url)
        workers.wait_until_reached("notice_stored")
        site.kill()
        assert len(payments_told()) == 1 and balance(account) == 125_000
        site.start()
        eventually(lambda: payments_told()[0].times_received == 2, "the second delivery")
    finally:
        site.close()
    apply_waiting_events()
    assert balance(account) == 0 and entries(account) == 1 and sound(wallet)
