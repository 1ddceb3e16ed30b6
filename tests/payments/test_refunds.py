"""Giving money back at Alipay: two people, one call, one entry, and the debt or the surplus follows."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from common.errors import Conflict, Forbidden
from common.money import Money
from payments.ledger import Line, post_entry
from payments.models import JournalEntry, Payment, Posting, Refund
from payments.refunds import (
    RefundRefused,
    approve_refund,
    choices_of,
    look_up_due_refunds,
    record_transfer,
    reject_refund,
    request_refund,
    send_due_refunds,
)
from payments.refunds.sending import send_refund
from payments.services import apply_result, apply_waiting_events, refresh_payment
from tests.payments.helpers import balance, books_are_right, kinds, open_page, soon
from wallets.providers.base import PaymentResult, PaymentState

pytestmark = pytest.mark.django_db(transaction=True)

OWED, SURPLUS = Refund.Purpose.OWED_AGAIN, Refund.Purpose.OVERPAYMENT
WALLET, TRANSFER = Refund.Way.WALLET, Refund.Way.TRANSFER


@pytest.fixture
def paid(account, wallet, alipay) -> Payment:
    """Wang Fang has paid 500.00 of 1,250.00."""
    started = open_page(account, 50_000)
    wallet.pay(started.action.url)
    wallet.notices(1)
    assert refresh_payment(started.payment).state == "succeeded"
    return started.payment


def asked(payment, minor, by, *, purpose=OWED, way=WALLET) -> Refund:
    refund = request_refund(
        payment, amount=Money(minor, payment.currency), purpose=purpose, way=way, reason="paid by mistake", by=by
    )
    assert refund is not None
    return refund


def given_back_at_wallet(wallet, payment) -> int:
    (trade,) = wallet.control.get("alipay/trades")["trades"]
    return sum(int(float(one["amount"]) * 100) for one in trade["refunds"].values())


def refund_entries() -> int:
    return JournalEntry.objects.filter(kind="refund").count()


def test_a_refund_goes_out_once_two_people_agree_and_is_owed_again(paid, account, wallet, agent, lead):
    refund = asked(paid, 20_000, agent)
    assert send_due_refunds() == 0, "nobody has agreed yet"
    approve_refund(refund, by=lead)
    assert send_due_refunds() == 1 and send_due_refunds() == 0
    refund.refresh_from_db()
    assert (refund.state, refund.needs_person) == ("succeeded", False)
    assert balance(account) == 75_000 + 20_000 and books_are_right()
    assert given_back_at_wallet(wallet, paid) == 20_000 and refund_entries() == 1
    assert [kind for kind in kinds(account) if kind.startswith("refund")] == [
        "refund.requested",
        "refund.approved",
        "refund.sent",
        "refund.succeeded",
    ]


def test_the_wallets_own_notice_of_our_refund_changes_nothing(paid, account, wallet, agent, lead):
    approve_refund(asked(paid, 20_000, agent), by=lead)
    send_due_refunds()
    wallet.deliver(2)
    assert balance(account) == 95_000 and refund_entries() == 1 and Refund.objects.count() == 1
    assert not Payment.objects.filter(attempts__needs_person=True).exists()


def test_who_asks_for_a_refund_cannot_agree_to_it(paid, lead):
    refund = asked(paid, 20_000, lead)
    with pytest.raises(Forbidden):
        approve_refund(refund, by=lead)
    with pytest.raises(IntegrityError, match="refund_four_eyes"), transaction.atomic():
        Refund.objects.filter(pk=refund.pk).update(state="approved", decided_by=lead)
    assert send_due_refunds() == 0


def test_a_refund_that_was_turned_down_never_leaves(paid, account, wallet, agent, lead):
    refund = asked(paid, 20_000, agent)
    reject_refund(refund, by=lead, note="the payment was right")
    assert send_due_refunds() == 0 and not send_refund(refund.pk)
    assert balance(account) == 75_000 and given_back_at_wallet(wallet, paid) == 0
    assert choices_of(paid).most.minor == 50_000, "what was turned down can be asked for again"


def test_more_than_was_paid_is_refused_with_what_is_left(paid, agent):
    asked(paid, 30_000, agent)
    with pytest.raises(RefundRefused) as refused:
        asked(paid, 20_001, agent)
    assert refused.value.details["why"] == "too_much" and "200.00" in refused.value.message


def test_the_database_itself_keeps_refunds_within_the_payment(paid, agent):
    refund = asked(paid, 30_000, agent)
    refund.pk, refund.merchant_reference, refund.amount_minor = None, "another", 20_001
    with pytest.raises(IntegrityError, match="more than was paid"), transaction.atomic():
        refund.save(force_insert=True)


def test_an_answer_that_is_lost_is_looked_up_and_not_repeated(paid, account, wallet, agent, lead):
    refund = asked(paid, 20_000, agent)
    approve_refund(refund, by=lead)
    wallet.control.fault("timeout_after_commit", method="alipay.trade.refund")
    send_due_refunds()
    refund.refresh_from_db()
    assert (refund.state, refund_entries(), balance(account)) == ("unknown", 0, 75_000)
    wallet.move_clock(minutes=1)
    assert look_up_due_refunds() == 1
    refund.refresh_from_db()
    assert refund.state == "succeeded" and given_back_at_wallet(wallet, paid) == 20_000
    assert balance(account) == 95_000 and books_are_right()


def test_a_call_that_never_arrived_is_made_again_under_the_same_number(paid, account, wallet, agent, lead):
    refund = asked(paid, 20_000, agent)
    approve_refund(refund, by=lead)
    wallet.control.fault("timeout_before_commit", method="alipay.trade.refund")
    send_due_refunds()
    assert given_back_at_wallet(wallet, paid) == 0
    for _turn in range(3):
        wallet.move_clock(minutes=10)
        look_up_due_refunds()
        send_due_refunds()
    refund.refresh_from_db()
    assert refund.state == "succeeded" and given_back_at_wallet(wallet, paid) == 20_000
    assert balance(account) == 95_000 and refund_entries() == 1


def test_a_refund_the_wallet_refuses_posts_nothing_and_goes_to_a_person(paid, account, wallet, agent, lead):
    refund = asked(paid, 20_000, agent)
    approve_refund(refund, by=lead)
    wallet.control.fault("decline", method="alipay.trade.refund", code="ACQ.TRADE_NOT_ALLOW_REFUND")
    send_due_refunds()
    refund.refresh_from_db()
    assert (refund.state, refund.needs_person) == ("failed", True)
    assert (refund_entries(), balance(account)) == (0, 75_000) and "refund.needs_person" in kinds(account)


def test_what_was_paid_too_much_goes_back_and_the_debt_stays(account, wallet, alipay, agent, lead):
    """The debt was corrected to 300.00 while Wang Fang paid 500.00: 200.00 wait in suspense."""
    started = open_page(account, 50_000)
    post_entry(
        "balance_adjustment",
        idempotency_key="correction",
        creditor_id=account.creditor_id,
        currency="CNY",
        effective_at=soon(),
        lines=[Line("receivable", -95_000, account=account, component="principal"), Line("placed", 95_000)],
    )
    wallet.pay(started.action.url)
    payment = refresh_payment(started.payment)
    assert balance(account) == 0 and choices_of(payment).surplus.minor == 20_000
    with pytest.raises(RefundRefused, match=r"200\.00 CNY was paid too much"):
        asked(payment, 20_001, agent, purpose=SURPLUS)
    approve_refund(asked(payment, 20_000, agent, purpose=SURPLUS), by=lead)
    send_due_refunds()
    assert balance(account) == 0 and account.status == "paid" and books_are_right()
    assert given_back_at_wallet(wallet, payment) == 20_000 and choices_of(payment).surplus.minor == 0


def at(kind: str) -> int:
    return Posting.objects.filter(ledger_account__kind=kind).aggregate(minor=Sum("amount_minor"))["minor"] or 0


def test_a_refund_by_our_own_transfer_is_owed_until_it_was_made(paid, account, wallet, agent, lead):
    refund = asked(paid, 20_000, agent, way=TRANSFER)
    assert balance(account) == 75_000
    approve_refund(refund, by=lead)
    assert send_due_refunds() == 0 and balance(account) == 95_000
    assert (at("refunds"), at("trust")) == (-20_000, 0) and books_are_right()
    record_transfer(refund, by=agent, reference="BANK-1")
    refund.refresh_from_db()
    assert refund.state == "succeeded" and balance(account) == 95_000 and books_are_right()
    assert given_back_at_wallet(wallet, paid) == 0
    assert (at("refunds"), at("trust")) == (0, -20_000)


def test_a_transfer_that_is_called_off_is_owed_to_nobody_any_more(paid, account, wallet, agent, lead):
    refund = asked(paid, 20_000, agent, way=TRANSFER)
    approve_refund(refund, by=lead)
    reject_refund(refund, by=lead, note="wrong account")
    refund.refresh_from_db()
    assert refund.state == "rejected" and balance(account) == 75_000 and books_are_right()
    assert (at("refunds"), at("trust")) == (0, 0)
    again = asked(paid, 20_000, agent, way=TRANSFER)
    approve_refund(again, by=lead)
    record_transfer(again, by=agent, reference="BANK-2")
    assert (balance(account), at("refunds"), at("trust")) == (95_000, 0, -20_000)


def test_a_payment_that_is_taken_back_takes_an_agreed_transfer_with_it(paid, account, wallet, agent, lead):
    refund = asked(paid, 20_000, agent, way=TRANSFER)
    approve_refund(refund, by=lead)
    attempt = paid.attempts.get()
    gone = PaymentResult(state=PaymentState.REVERSED, merchant_ref=attempt.merchant_reference, amount=attempt.amount)
    apply_result(attempt.pk, gone, source="poll")
    refund.refresh_from_db()
    assert refund.state == "rejected"
    assert (balance(account), at("refunds"), at("trust"), at("suspense")) == (75_000 + paid.amount_minor, 0, 0, 0)
    assert books_are_right()
    with pytest.raises(Conflict):
        record_transfer(refund, by=agent, reference="BANK-3")


def test_a_refund_made_at_the_wallets_own_page_is_posted_once_and_told_to_a_person(paid, account, wallet):
    attempt = paid.attempts.get()
    wallet.control.user("refund", out_trade_no=attempt.merchant_reference, refund_amount="120.00")
    wallet.deliver(2)
    found = Refund.objects.get()
    assert (found.origin, found.state, found.amount_minor, found.needs_person) == (
        "provider",
        "succeeded",
        12_000,
        True,
    )
    assert balance(account) == 75_000 + 12_000 and books_are_right()
    wallet.hand_over(wallet.notices(2)[-1])
    apply_waiting_events()
    assert Refund.objects.count() == 1 and balance(account) == 87_000


def test_a_refund_at_the_wallets_page_turns_down_one_of_ours_that_no_longer_fits(paid, account, wallet, agent, lead):
    ours = asked(paid, 45_000, agent)
    approve_refund(ours, by=lead)
    attempt = paid.attempts.get()
    wallet.control.user("refund", out_trade_no=attempt.merchant_reference, refund_amount="400.00")
    wallet.deliver(2)
    ours.refresh_from_db()
    assert (ours.state, ours.problem) == ("rejected", "made_elsewhere")
    assert send_due_refunds() == 0 and given_back_at_wallet(wallet, paid) == 40_000
    assert balance(account) == 75_000 + 40_000 and books_are_right()


def test_a_debt_that_was_paid_is_open_again_after_its_refund(account, wallet, alipay, agent, lead):
    started = open_page(account)
    wallet.pay(started.action.url)
    payment = refresh_payment(started.payment)
    account.refresh_from_db()
    assert account.status == "paid"
    approve_refund(asked(payment, 125_000, agent), by=lead)
    send_due_refunds()
    assert balance(account) == 125_000 and account.status == "open" and books_are_right()
    with pytest.raises(RefundRefused, match="already"):
        choices_of(payment)
