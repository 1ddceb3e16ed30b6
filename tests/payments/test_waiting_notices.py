"""Notices that cannot be applied yet wait longer and longer; those nobody should believe raise an alarm."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Event
from collections_platform.metrics import exposition
from common import clock
from payments.models import ProviderEvent
from payments.services import apply_provider_event, apply_waiting_events
from payments.services.trying_again import GAPS
from tests.pages.conftest import signed_in
from tests.payments.helpers import balance, kinds, open_page
from tests.payments.test_notices import ADDRESS, FORM

pytestmark = pytest.mark.django_db(transaction=True)
QUERY = "alipay.trade.query"


@pytest.fixture
def paid(account, wallet, alipay):
    wallet.pay(open_page(account).action.url)
    return wallet.notices()[0]


def event() -> ProviderEvent:
    return ProviderEvent.objects.get(kind="payment")


def test_a_notice_without_confirmation_is_tried_again_after_growing_gaps(paid, account, wallet):
    wallet.hand_over(paid)
    wallet.control.fault("http_500", method=QUERY, times=3)
    assert apply_waiting_events() == 0 and event().tries == 1
    for gap in GAPS[:2]:
        apply_waiting_events()
        wallet.move_clock(seconds=gap.total_seconds() - 5)
        before = event().tries
        apply_waiting_events()
        assert event().tries == before, "asked before its time"
        wallet.move_clock(seconds=6)
        apply_waiting_events()
        assert event().tries == before + 1
    wallet.move_clock(seconds=GAPS[2].total_seconds())
    assert apply_waiting_events() == 1 and event().outcome == "applied" and balance(account) == 0


def test_the_gaps_grow(db):
    assert list(GAPS) == sorted(set(GAPS)) and sum(gap.total_seconds() for gap in GAPS) > 24 * 3600


def test_at_last_a_person_has_to_look_and_the_machine_is_quiet(paid, account, wallet, lead):
    wallet.hand_over(paid)
    wallet.control.fault("http_500", method=QUERY, times=50)
    for gap in GAPS:
        apply_waiting_events()
        wallet.move_clock(seconds=gap.total_seconds())
    assert event().outcome == "received"
    apply_waiting_events()
    assert event().outcome == "needs_person" and event().tries == len(GAPS) and balance(account) == 125_000
    assert apply_provider_event(event().pk) == "needs_person"
    page = signed_in(lead)
    assert "could not be applied for two days" in page.get("/wallet-notices/").content.decode()


def test_a_notice_that_breaks_our_reading_waits_too_and_lets_others_pass(paid, account, wallet):
    ProviderEvent.objects.create(provider=open_page(account).payment.attempts.get().provider, dedupe_key="odd",
                                 kind="payment", facts={})  # fmt: skip
    wallet.hand_over(paid)
    assert apply_waiting_events() == 1
    odd = ProviderEvent.objects.get(dedupe_key="odd")
    assert (odd.outcome, odd.tries) == ("received", 1) and odd.next_try_at > clock.now()


def knock(number: int, *, times: int) -> None:
    for each in range(times):
        assert Client().post(ADDRESS, f"n={number}-{each}".encode(), content_type=FORM).status_code == 400


@pytest.fixture
def quiet_until_three(settings, wallet, alipay):
    """The alarm goes off at three; the hour is young."""
    settings.REFUSED_NOTICES_PER_HOUR = 3
    into = clock.now().minute * 60 + clock.now().second
    wallet.move_clock(seconds=3600 - into + 1)


def alarms() -> list[ProviderEvent]:
    return list(ProviderEvent.objects.filter(kind="refused_alarm").order_by("pk"))


def test_many_refused_notices_raise_one_alarm_an_hour_with_words_on_what_to_do(quiet_until_three, wallet, lead):
    knock(1, times=2)
    assert alarms() == []
    knock(2, times=4)
    (alarm,) = alarms()
    assert alarm.outcome == "needs_person" and alarm.times_received == 4
    wallet.move_clock(hours=1)
    knock(3, times=2)
    assert len(alarms()) == 1
    knock(4, times=1)
    assert len(alarms()) == 2
    page = signed_in(lead)
    shown = page.get("/wallet-notices/").content.decode()
    assert shown.count("Many calls in this wallet") == 4 and "block the sender at the proxy" in shown


def test_an_operator_puts_an_alarm_away_once(quiet_until_three, lead):
    knock(1, times=3)
    page = signed_in(lead)
    for _time in range(2):
        page.post(f"/wallet-notices/{alarms()[0].pk}/seen/")
    assert "Nothing waits here" in page.get("/wallet-notices/").content.decode()
    assert "dealt with" in page.get("/wallet-notices/?show=all").content.decode()
    assert Event.objects.filter(kind="notice.reviewed", actor=lead).count() == 1


def test_refused_notices_are_counted_by_wallet_and_reason(quiet_until_three, paid, wallet):
    knock(1, times=2)
    wallet.hand_over(paid, paid.body.replace(b"total_amount", b"total_amounT"))
    lines = [line for line in exposition().decode().splitlines() if line.startswith("collections_notices_refused{")]
    assert all('provider="alipay"' in line and 'reason="' in line for line in lines)
    assert sum(float(line.rsplit(" ", 1)[1]) for line in lines) == 3


def test_a_genuine_notice_is_no_refusal(quiet_until_three, paid, account, wallet):
    wallet.hand_over(paid)
    apply_waiting_events()
    assert b"collections_notices_refused{" not in exposition() and "payment.succeeded" in kinds(account)
