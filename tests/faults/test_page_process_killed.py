"""The process behind a payment page is killed with SIGKILL, or the worker that applies a notice. Nobody pays twice."""

from __future__ import annotations

import pytest

from payments.errors import PaymentStillOpen
from payments.models import Attempt, Payment, ProviderEvent
from payments.services import apply_waiting_events, start_link_payment
from tests.faults.settling import settle, sound
from tests.payments.helpers import balance, create_link, entries, open_page
from wallets.providers.base import Channel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

LEASE_OVER = {"minutes": 3}
PAGE_OVER = {"minutes": 18}


@pytest.fixture
def link(account, alipay):
    return create_link(account)[0]


def start(link, form: str):
    """The payer's browser sends a form: a code is wanted, which is a call to the wallet."""
    return start_link_payment(
        link,
        amount_minor=125_000,
        provider_key="alipay",
        return_url="http://127.0.0.1/back",
        idempotency=form,
        channel=Channel.QR,
    )


def paid_once(account, wallet) -> bool:
    return sound(wallet) and wallet.debits() == 1 and entries(account) == 1 and balance(account) == 0


@pytest.mark.parametrize("point", ["page_before_call", "page_after_answer"])
def test_killed_around_the_call_the_payer_starts_again_and_pays_once(link, account, wallet, workers, point):
    workers.kill_fork_at(point, lambda: start(link, "first"))
    assert Attempt.objects.get().state == "sending"
    assert start(link, "first").action is None, "the same form again starts nothing beside it"
    with pytest.raises(PaymentStillOpen):
        start(link, "second")
    wallet.move_clock(**PAGE_OVER)
    settle(wallet)
    assert Attempt.objects.get().state == "closed"
    wallet.pay(start(link, "second").action.payload)
    assert paid_once(account, wallet)


def test_killed_after_the_commit_the_same_form_shows_the_same_page_again(link, account, wallet, workers):
    workers.kill_fork_at("page_after_commit", lambda: start(link, "first"))
    shown = start(link, "first").action
    wallet.pay(shown.payload)
    assert Payment.objects.count() == Attempt.objects.count() == 1
    assert paid_once(account, wallet)


def test_killed_after_the_answer_a_payer_who_has_the_code_all_the_same_pays_once(link, account, wallet, workers):
    """The code came to the payer by another way, a second tab perhaps, and our record of the answer is lost."""
    workers.kill_fork_at("page_after_answer", lambda: start(link, "first"))
    reference = Attempt.objects.get().merchant_reference
    (code,) = [one for one in wallet.control.get("alipay/codes")["codes"] if one["out_trade_no"] == reference]
    wallet.control.press(f"{wallet.control.open('/alipay/qr/' + code['token'])}/pay")
    assert wallet.debits() == 1 and Attempt.objects.get().state == "sending"
    wallet.move_clock(**LEASE_OVER)
    assert paid_once(account, wallet)


@pytest.fixture
def noticed(account, wallet, alipay):
    """Paid at the wallet; its notice is stored and not applied."""
    wallet.pay(open_page(account).action.url)
    wallet.hand_over(wallet.notices()[0])
    return ProviderEvent.objects.get()


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("payments.tasks.enqueue_event", lambda event_id: None)


@pytest.mark.parametrize(("point", "posted"), [("notice_before_call", 0), ("notice_after_commit", 1)])
def test_killed_while_a_notice_is_applied_the_next_worker_applies_it_once(
    noticed, account, wallet, workers, point, posted
):
    workers.kill_fork_at(point, apply_waiting_events)
    noticed.refresh_from_db()
    assert noticed.outcome == "received" and entries(account) == posted
    workers.run_forked(apply_waiting_events)
    noticed.refresh_from_db()
    assert noticed.outcome in ("applied", "ignored") and paid_once(account, wallet)
