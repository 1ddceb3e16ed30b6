"""A transfer to our own account: nothing on one person's word, nothing twice, and nothing that cannot be put right."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Event
from common.clock import today
from common.errors import Conflict, Forbidden, InvalidInput
from common.money import Money
from payments.models import BankTransfer, Payment, Refund, TransferStep
from payments.refunds import (
    RefundRefused,
    approve_refund,
    choices_of,
    record_transfer,
    reject_refund,
    request_refund,
)
from payments.refunds.surplus import free_surplus
from payments.transfers import ask_step, assign_transfer, decide_step, note_kept, note_sent
from payments.trust import record_arrival
from reminders.models import Message
from tests import factories
from tests.remittance.cast import month, pay
from tests.transfers.cast import books_are_right, confirmed, done, lies, owed_on, question, recorded
from wallets.models import Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(agent, lead):
    return agent, lead


def kinds() -> list[str]:
    return list(Event.objects.filter(kind__startswith="transfer.").order_by("pk").values_list("kind", flat=True))


def test_a_transfer_pays_the_debt_when_a_second_person_has_confirmed_it(account, agent, lead):
    row = recorded(25_000, agent, account=account)
    assert (owed_on(account), lies("trust")) == (125_000, 0), "nothing is posted on one person's word"
    row = confirmed(row, lead)
    assert (row.state, row.account, row.payment.state) == ("placed", account, "succeeded")
    assert (owed_on(account), lies("trust"), lies("payable")) == (100_000, 25_000, -25_000)
    assert kinds() == ["transfer.recorded", "transfer.placed"] and books_are_right()


def test_who_wrote_it_down_cannot_confirm_it_and_may_only_take_it_back(account, agent, lead):
    row = recorded(25_000, agent, account=account)
    with pytest.raises(Forbidden):
        decide_step(question(row), by=agent, agree=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        TransferStep.objects.filter(transfer=row).update(state="agreed", decided_by=agent)
    decide_step(question(row), by=agent, agree=False, note="typed the wrong amount")
    row.refresh_from_db()
    assert (row.state, owed_on(account), lies("trust")) == ("rejected", 125_000, 0)
    again = confirmed(recorded(2_500, agent, account=account, reference=row.bank_reference), lead)
    assert again.state == "placed", "the number is free again"


def test_it_is_confirmed_once(account, people):
    row = recorded(25_000, people[0], account=account)
    step = question(row)
    decide_step(step, by=people[1], agree=True)
    for agree in (True, False):
        with pytest.raises(Conflict, match="decided already"):
            decide_step(step, by=people[1], agree=agree, note="once more")
    assert Payment.objects.count() == 1 and owed_on(account) == 100_000


@pytest.mark.parametrize("typed", ["HB 2026/11-7", "hb 2026/11-7", " HB2026/11-7 "])
def test_the_same_reference_again_is_refused_with_the_record_that_has_it(typed, account, agent, lead):
    row = recorded(25_000, agent, account=account, reference="HB 2026/11-7")
    with pytest.raises(InvalidInput, match=rf"{row.reference}, 250\.00 CNY of {today()}, by Alice Agent") as refused:
        recorded(25_000, lead, reference=typed)
    assert refused.value.field == "bank_reference" and BankTransfer.objects.count() == 1


def test_a_wallets_pay_out_is_no_debtors_transfer(account, agent, lead):
    wallet = Provider.objects.create(key="alipay", name="Alipay", status="vetted", currencies=["CNY"])
    pay(account, 10_000, month(1))
    record_arrival(wallet, amount=Money(9_000, "CNY"), bank_reference="PAY-9", arrived_on=today(), by=lead)
    with pytest.raises(InvalidInput, match="what Alipay paid out to us"):
        recorded(9_000, agent, reference="pay-9")


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("amount", {"minor": 0}),
        ("bank_reference", {"reference": " x "}),
        ("value_date", {"ahead": 2}),
        ("account", {"currency": "EUR"}),
    ],
)
def test_what_cannot_be_so_is_refused_at_its_field(field, given, account, agent):
    day = today() + timedelta(days=given.pop("ahead", 0))
    with pytest.raises(InvalidInput) as refused:
        recorded(given.pop("minor", 100), agent, account=account, day=day, **given)
    assert refused.value.field == field and BankTransfer.objects.count() == 0


def test_a_day_that_has_begun_where_the_debtor_lives_has_come(account, agent):
    there = today("Asia/Shanghai")
    assert recorded(100, agent, account=account, day=there).value_date == there


def test_more_than_owed_is_the_persons_surplus_and_goes_back_as_a_refund(account, people):
    row = confirmed(recorded(130_000, people[0], account=account), people[1])
    assert (owed_on(account), account.status, free_surplus(account).minor) == (0, "paid", 5_000)
    choice = choices_of(row.payment)
    assert (choice.most.minor, choice.surplus.minor) == (130_000, 5_000) and "our own transfer" in choice.wallet_refusal
    refund = refunded(row.payment, 5_000, people, purpose="overpayment")
    assert (lies("refunds"), free_surplus(account).minor) == (-5_000, 0)
    record_transfer(refund, by=people[0], reference="OUT-1")
    assert (lies("refunds"), lies("trust"), owed_on(account)) == (0, 125_000, 0) and books_are_right()


def refunded(payment, minor, people, *, purpose="owed_again"):
    asked = request_refund(
        payment, amount=Money(minor, "CNY"), purpose=purpose, way="transfer", reason="paid too much", by=people[0]
    )
    return approve_refund(asked, by=people[1])


def test_no_more_than_came_is_ever_given_back_of_a_transfer(account, people):
    payment = confirmed(recorded(10_000, people[0], account=account), people[1]).payment
    refunded(payment, 7_000, people)
    with pytest.raises(RefundRefused, match=r"30\.00 CNY"):
        refunded(payment, 3_001, people)
    with pytest.raises(IntegrityError, match="more than was paid"), transaction.atomic():
        Refund.objects.create(
            payment=payment, merchant_reference="x", amount_minor=3_001, currency="CNY", purpose="owed_again",
            way="transfer", reason="by hand", requested_by=people[0],
        )  # fmt: skip
    assert owed_on(account) == 122_000 and books_are_right()


def test_a_refund_of_a_transfer_that_is_not_made_is_owed_to_nobody(account, people):
    payment = confirmed(recorded(10_000, people[0], account=account), people[1]).payment
    refund = refunded(payment, 10_000, people)
    assert owed_on(account) == 125_000
    reject_refund(refund, by=people[0], note="she changed her mind")
    assert (owed_on(account), lies("refunds"), lies("trust")) == (115_000, 0, 10_000) and books_are_right()


def test_what_nobody_can_place_waits_in_suspense_and_is_placed_later(account, people):
    row = confirmed(recorded(25_000, people[0]), people[1])
    assert (row.state, lies("trust"), lies("suspense")) == ("suspense", 25_000, -25_000)
    assign_transfer(row, to=people[0], by=people[1])
    with pytest.raises(InvalidInput):
        ask_step(row, "place", reason="she called", by=people[0])
    row = done(row, "place", people, account=account)
    assert (row.state, owed_on(account), lies("trust"), lies("suspense")) == ("placed", 100_000, 25_000, 0)
    assert lies("trust", ledger_account__creditor=account.creditor) == 25_000 and books_are_right()
    assert kinds() == [
        "transfer.recorded", "transfer.suspense", "transfer.assigned", "transfer.asked", "transfer.placed",
    ]  # fmt: skip


def test_what_is_sent_back_is_owed_as_a_refund_until_it_was_made(people):
    row = done(confirmed(recorded(25_000, people[0]), people[1]), "return", people)
    assert (row.state, lies("suspense"), lies("refunds"), lies("trust")) == ("to_return", 0, -25_000, 25_000)
    note_kept(row, reason="she called after all", by=people[0])
    row.refresh_from_db()
    assert (row.state, lies("suspense"), lies("refunds")) == ("suspense", -25_000, 0)
    row = done(row, "return", people)
    note_sent(row, bank_reference="OUT-7", by=people[0])
    row.refresh_from_db()
    assert (row.state, row.return_reference) == ("returned", "OUT-7")
    assert (lies("suspense"), lies("refunds"), lies("trust")) == (0, 0, 0) and books_are_right()
    with pytest.raises(Conflict):
        note_sent(row, bank_reference="OUT-8", by=people[0])


def test_one_question_at_a_time_and_a_refused_one_changes_nothing(account, people):
    row = confirmed(recorded(25_000, people[0]), people[1])
    ask_step(row, "place", account=account, reason="the name fits", by=people[0])
    with pytest.raises(Conflict, match="waits for a second person"):
        ask_step(row, "return", reason="nobody knows it", by=people[0])
    decide_step(question(row), by=people[1], agree=False, note="another Wang Fang")
    row.refresh_from_db()
    assert (row.state, owed_on(account), lies("suspense")) == ("suspense", 125_000, -25_000)
    assert kinds()[-1] == "transfer.refused"


def test_what_the_bank_took_back_is_owed_again_and_the_debtor_is_told(
    account, people, django_capture_on_commit_callbacks
):
    row = confirmed(recorded(25_000, people[0], account=account), people[1])
    with django_capture_on_commit_callbacks(execute=True):
        row = done(row, "recall", people)
    assert (row.state, row.payment.state, owed_on(account)) == ("recalled", "reversed", 125_000)
    assert (lies("trust"), lies("payable"), lies("suspense")) == (0, 0, 0) and books_are_right()
    assert Message.objects.filter(account=account, purpose="payment_reversed").count() == 1
    assert Event.objects.filter(kind="payment.reversed", account=account).count() == 1


def test_who_was_credited_by_mistake_is_told_that_it_was_ours(account, people, django_capture_on_commit_callbacks):
    row = confirmed(recorded(25_000, people[0], account=account), people[1])
    with django_capture_on_commit_callbacks(execute=True):
        done(row, "unplace", people, reason="it was Wang Fei")
    assert list(Message.objects.filter(account=account).values_list("purpose", flat=True)) == ["payment_misplaced"]


def test_an_account_that_was_paid_by_it_is_open_again(account, people):
    row = confirmed(recorded(125_000, people[0], account=account), people[1])
    assert owed_on(account) == 0 and account.status == "paid"
    done(row, "recall", people)
    assert owed_on(account) == 125_000 and account.status == "open"


def test_what_was_put_on_the_wrong_account_comes_to_the_right_one(account, people):
    other = factories.account(balance_minor=40_000)
    row = confirmed(recorded(25_000, people[0], account=account), people[1])
    row = done(row, "unplace", people, reason="it was Wang Fei")
    assert (row.state, row.account, owed_on(account), lies("suspense")) == ("suspense", None, 125_000, -25_000)
    row = done(row, "place", people, account=other)
    assert (row.state, owed_on(other), lies("suspense"), lies("trust")) == ("placed", 15_000, 0, 25_000)
    assert lies("trust", ledger_account__creditor=account.creditor) == 0 and books_are_right()
    row = done(row, "unplace", people)
    row = done(row, "place", people, account=account)
    assert (owed_on(account), owed_on(other)) == (100_000, 40_000) and books_are_right()


def test_what_was_given_back_of_a_transfer_that_the_bank_took_back_is_missing_and_shows(account, people):
    row = confirmed(recorded(25_000, people[0], account=account), people[1])
    made, open_one = refunded(row.payment, 4_000, people), refunded(row.payment, 6_000, people)
    record_transfer(made, by=people[0], reference="OUT-1")
    done(row, "recall", people)
    open_one.refresh_from_db()
    assert open_one.state == "rejected" and owed_on(account) == 125_000
    assert (lies("trust"), lies("refunds"), lies("suspense", account=account)) == (-4_000, 0, 4_000)
    assert books_are_right()


def test_the_payers_name_is_sealed_at_rest(account, agent):
    row = recorded(100, agent, payer_name="WANG FANG", remark="loan 7")
    stored = BankTransfer.objects.filter(pk=row.pk).values("payer_name", "remark").get()
    assert "WANG" not in stored["payer_name"] and "loan" not in stored["remark"]
    row.refresh_from_db()
    assert (row.payer_name, row.remark) == ("WANG FANG", "loan 7")
