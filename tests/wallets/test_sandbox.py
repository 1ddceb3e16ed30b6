"""The simulated wallet keeps its own rules: otherwise tests against it prove nothing."""

from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest

from common.http import run
from tests.wallets.receiver import webhook_receiver
from wallets.providers.base import PaymentState
from wallets.sandbox.app import make_sandbox
from wallets.sandbox.testing import running_sandbox


def code(result):
    return result.decline.code.removeprefix("ACQ.") if result.decline else result.state.value


def charged(alipay, mandate, minor=1000):
    return run(alipay.provider.charge(alipay.charge_request(mandate, minor)))


def test_one_success_per_period_then_the_next_period_is_open(alipay):
    mandate = alipay.mandate()
    assert charged(alipay, mandate).state is PaymentState.SUCCEEDED
    assert code(charged(alipay, mandate)) == "CYCLE_PAY_DATE_NOT_MATCH"
    following = run(alipay.provider.get_mandate(mandate.mandate_ref)).next_charge_on
    alipay.move_clock(datetime.combine(following, alipay.now().timetz()) - timedelta(days=1))
    assert charged(alipay, mandate).state is PaymentState.SUCCEEDED
    assert alipay.control.debits(agreement_no=mandate.mandate_ref) == 2


@pytest.mark.parametrize("days", [-6, 1])
def test_a_charge_outside_the_window_is_refused(alipay, days):
    mandate = alipay.mandate()
    due = mandate.terms.first_charge_on
    alipay.move_clock(datetime.combine(due, alipay.now().timetz()).replace(hour=4) + timedelta(days=days))
    assert code(charged(alipay, mandate)) == "CYCLE_PAY_DATE_NOT_MATCH"


@pytest.mark.parametrize("days", [-5, 0])
def test_a_charge_on_the_first_and_the_last_day_of_the_window_is_taken(alipay, days):
    mandate = alipay.mandate()
    due = mandate.terms.first_charge_on
    alipay.move_clock(datetime.combine(due, alipay.now().timetz()).replace(hour=4) + timedelta(days=days))
    assert charged(alipay, mandate).state is PaymentState.SUCCEEDED


def test_the_total_and_the_number_of_payments_are_kept(alipay):
    once = alipay.mandate(total_payments=1)
    assert charged(alipay, once).state is PaymentState.SUCCEEDED
    assert code(charged(alipay, once)) == "CYCLE_PAY_TOTAL_TIMES_EXCEED"
    small = alipay.mandate(total_limit=alipay.money(999))
    assert code(charged(alipay, small)) == "CYCLE_PAY_TOTAL_FEE_EXCEED"
    assert code(charged(alipay, alipay.mandate(), 5001)) == "CYCLE_PAY_SINGLE_FEE_EXCEED"


def test_an_expired_or_unsigned_agreement_takes_no_money(alipay):
    expired = alipay.mandate()
    alipay.expire(expired.mandate_ref)
    assert code(charged(alipay, expired)) == "AGREEMENT_STATUS_NOT_NORMAL"
    ended = alipay.mandate()
    alipay.user_unsigns(ended.mandate_ref)
    assert code(charged(alipay, ended)) == "AGREEMENT_STATUS_NOT_NORMAL"
    assert alipay.control.debits() == 0


def test_an_accepted_charge_is_settled_later_and_only_once(alipay):
    mandate = alipay.mandate()
    request = alipay.charge(mandate)
    alipay.fault("accept_only")
    assert run(alipay.provider.charge(request)).state is PaymentState.PENDING
    assert run(alipay.provider.charge(request)).state is PaymentState.PENDING
    alipay.control.user("pay", out_trade_no=request.merchant_ref)
    assert run(alipay.provider.charge(request)).state is PaymentState.SUCCEEDED
    assert alipay.debits(request.merchant_ref) == 1


def test_a_trade_is_paid_once_however_often_the_button_is_pressed(alipay):
    payment = run(alipay.provider.create_payment(alipay.payment()))
    page = alipay.control.open(payment.action.url)
    for _ in range(3):
        alipay.control.press(f"{page}/pay")
    assert alipay.debits(payment.merchant_ref) == 1


def test_a_reference_never_stands_for_two_trades(alipay):
    request = alipay.payment()
    alipay.control.open(run(alipay.provider.create_payment(request)).action.url)
    other = run(alipay.provider.create_payment(replace(request, amount=alipay.money(1))))
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        alipay.control.open(other.action.url)


def test_a_request_that_was_changed_on_the_way_is_refused(alipay):
    payment = run(alipay.provider.create_payment(alipay.payment()))
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        alipay.control.open(payment.action.url.replace("12.34", "12.35"))


def test_a_local_timestamp_is_refused_when_the_clock_is_strict(alipay):
    alipay.control.post("alipay/settings", strict_clock=True)
    alipay.offset = timedelta(hours=-8)
    assert code(run(alipay.provider.get_payment("A1"))) == "isv.invalid-timestamp"


def test_a_signed_agreement_number_cannot_be_signed_again(alipay):
    mandate = alipay.mandate()
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        alipay.control.user("sign", agreement_no=mandate.mandate_ref)


def test_notifies_are_sent_again_until_we_say_success(alipay):
    alipay.receiver.answer = b"fail"
    alipay.paid()
    first = alipay.receiver.wait(1)
    alipay.receiver.answer = b"success"
    calls = alipay.receiver.wait(2)
    events = [alipay.provider.parse_webhook(call)[0] for call in calls]
    assert len(first) == 1
    assert len({event.dedupe_key for event in events}) == 1


def test_reordered_notifies_arrive_the_other_way_round(alipay):
    alipay.fault("reorder")
    first, second = alipay.paid(), alipay.paid()
    events = [alipay.provider.parse_webhook(call)[0] for call in alipay.receiver.wait(2)]
    assert [event.payment.merchant_ref for event in events] == [second.merchant_ref, first.merchant_ref]


def test_a_delayed_notify_comes_later_and_a_dropped_one_never(alipay):
    alipay.fault("delay", seconds=1)
    alipay.fault("drop")
    late, dropped, prompt = alipay.paid(), alipay.paid(), alipay.paid()
    events = [alipay.provider.parse_webhook(call)[0] for call in alipay.receiver.wait(2)]
    assert [event.payment.merchant_ref for event in events] == [prompt.merchant_ref, late.merchant_ref]
    assert dropped.state is PaymentState.SUCCEEDED


def test_after_a_forged_notify_the_genuine_one_still_comes(alipay):
    alipay.receiver.answer = b"fail"
    alipay.fault("forge")
    paid = alipay.paid()
    alipay.receiver.wait(1)
    alipay.receiver.answer = b"success"
    (event,) = alipay.provider.parse_webhook(alipay.receiver.wait(2)[1])
    assert event.payment.merchant_ref == paid.merchant_ref


def test_notifies_leave_for_this_machine_only(alipay):
    paid = run(alipay.provider.create_payment(alipay.payment(notify_url="http://example.com/hook")))
    alipay.user_pays(paid)
    with webhook_receiver() as other:
        alipay.user_pays(run(alipay.provider.create_payment(alipay.payment(notify_url=other.url))))
        other.wait()
    states = {one["url"]: one["answers"] for one in alipay.control.get("alipay/notifies")["notifies"]}
    assert states["http://example.com/hook"][0].startswith("refused")


def test_a_restart_keeps_trades_agreements_and_the_clock(tmp_path, wallet_secrets):
    state = tmp_path / "wallets.sqlite3"
    before = make_sandbox(secrets_dir=wallet_secrets, state=state)
    before.world.clock.set_offset(86_400)
    before.world.save_trade({"out_trade_no": "A1", "status": "TRADE_SUCCESS"})
    before.close()
    after = make_sandbox(secrets_dir=wallet_secrets, state=state)
    assert after.world.clock.offset() == timedelta(days=1)
    assert after.world.trade("A1")["status"] == "TRADE_SUCCESS"
    after.close()


def test_keys_are_made_once_and_readable_by_their_owner_only(wallet_secrets):
    from wallets.sandbox.keys import ensure_alipay_keys

    files = ensure_alipay_keys(wallet_secrets)
    first = files.merchant_private.read_bytes()
    assert ensure_alipay_keys(wallet_secrets).merchant_private.read_bytes() == first
    assert files.merchant_private.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("fields", [{"instant": "2026-12-01T00:00:00"}, {"instant": "x"}, {"offset_seconds": "soon"}])
def test_a_time_that_is_none_is_refused(alipay, fields):
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        alipay.control.post("clock", **fields)


@pytest.mark.parametrize("path", ["/alipay/", "/control/", "/assets/wallet.css", "/healthz"])
def test_pages_open_and_carry_no_inline_code(alipay, path):
    alipay.paid()
    alipay.mandate()
    answer = httpx.get(f"{alipay.sandbox.base_url}{path}", trust_env=False)
    assert answer.status_code == 200
    assert not any(mark in answer.text for mark in ("<script", " style=", " onclick="))


def test_a_subject_with_markup_is_shown_as_text(alipay):
    payment = run(alipay.provider.create_payment(alipay.payment(subject="<b>x</b>")))
    page = httpx.get(alipay.control.open(payment.action.url), trust_env=False)
    assert "<b>x</b>" not in page.text
    assert "&lt;b&gt;x" in page.text


def test_two_sandboxes_stand_side_by_side(alipay):
    with running_sandbox() as other:
        assert other.base_url != alipay.sandbox.base_url
        assert other.control.debits() == 0


def test_paying_a_trade_nobody_knows_is_refused(alipay):
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        alipay.control.user("pay", out_trade_no="nothing")
