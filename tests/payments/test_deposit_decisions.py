"""What an operator decides about coins that were not simply the payment: credit, send back, or leave; by two people."""

from __future__ import annotations

import pytest
from django.urls import reverse

from common.errors import Conflict, InvalidInput
from payments.deposits.deciding import confirm_decision, propose_decision, put_back, record_return
from payments.documents.lines import receipt_of, undecided_of
from payments.models import Deposit, JournalEntry, LedgerAccount, Payment, Posting
from payments.services import create_link, start_link_payment
from payments.services.shares import surplus_of
from tests import factories
from tests.pages.conftest import plain_ground, signed_in
from tests.payments.deposit_helpers import chain_sandbox, ethereum, every, payer, tron
from tests.payments.helpers import balance, books_are_right, kinds, only_attempt

__all__ = ["chain_sandbox", "ethereum", "every", "payer", "plain_ground", "tron"]
pytestmark = pytest.mark.django_db(transaction=True)
TRANSACTION = "ab" * 32


@pytest.fixture
def account(db):
    return factories.account(currency="USD", balance_minor=20_000)


@pytest.fixture
def late(tron, account) -> Deposit:
    """200.00 USD in coins, two days after the quote ran out."""
    tron.asks(account, 20_000)
    tron.lets_it_run_out()
    tron.waits(days=2)
    tron.sends()
    tron.confirms()
    tron.sweeps()
    return Deposit.objects.get(problem="paid_late")


@pytest.fixture
def coin(tron, account) -> Deposit:
    tron.asks(account, 20_000)
    tron.sends(token="coin")
    tron.confirms()
    tron.sweeps()
    return Deposit.objects.get(kind="coin")


def sum_of(kind: str) -> int:
    return sum(Posting.objects.filter(ledger_account__kind=kind).values_list("amount_minor", flat=True))


def test_a_late_payment_is_credited_when_a_second_person_confirms(late, account, agent, lead):
    propose_decision(late, "credit", by=agent, reason="She was only late.")
    assert balance(account) == 20_000
    row = confirm_decision(late, by=lead)
    assert (row.state, balance(account), row.payment.state) == ("credited", 0, "succeeded")
    assert (sum_of("suspense"), sum_of("clearing"), sum_of("payable")) == (0, 20_000, -20_000)
    assert books_are_right() and not only_attempt().needs_person
    assert [kind for kind in kinds(account) if kind.startswith("deposit.")][-2:] == [
        "deposit.proposed",
        "deposit.credited",
    ]


def test_who_proposed_does_not_confirm(late, lead):
    propose_decision(late, "credit", by=lead, reason="She was only late.")
    with pytest.raises(Conflict):
        confirm_decision(late, by=lead)
    late.refresh_from_db()
    assert late.state == "proposed" and not Payment.objects.filter(source="deposit").exists()


def test_a_confirmation_pressed_twice_credits_once(late, account, agent, lead):
    propose_decision(late, "credit", by=agent, reason="She was only late.")
    confirm_decision(late, by=lead)
    with pytest.raises(Conflict):
        confirm_decision(late, by=lead)
    assert JournalEntry.objects.filter(kind="payment").count() == 1 and balance(account) == 0


def test_what_is_credited_beyond_the_debt_becomes_the_persons_surplus(late, account, tron, agent, lead):
    """Meanwhile the debt was paid in part another way."""
    link, _url = create_link(account)
    started = start_link_payment(link, amount_minor=15_000, provider_key="usdt_tron", return_url="", idempotency="b")
    tron.asked.append(started)
    tron.sends()
    tron.confirms()
    tron.sweeps()
    assert balance(account) == 5_000
    propose_decision(late, "credit", by=agent, reason="As agreed by phone.")
    confirm_decision(late, by=lead)
    assert (balance(account), surplus_of(account).minor, undecided_of(account).minor) == (0, 15_000, 0)
    assert books_are_right()


def test_coins_are_sent_back_by_hand_and_leave_the_books_when_they_have_gone(late, account, agent, lead):
    assert undecided_of(account).minor == 20_000 and surplus_of(account).minor == 0
    propose_decision(late, "return", by=agent, reason="She wants it back.")
    assert confirm_decision(late, by=lead).state == "to_return"
    assert sum_of("clearing") == 20_000
    with pytest.raises(InvalidInput):
        record_return(late, by=agent, transaction_id="done")
    row = record_return(late, by=agent, transaction_id=f"0x{TRANSACTION.upper()}")
    assert (row.state, row.return_reference) == ("returned", TRANSACTION)
    assert (sum_of("clearing"), sum_of("suspense"), balance(account)) == (0, 0, 20_000) and books_are_right()


def test_a_refused_proposal_leaves_everything_as_it_was(late, agent, lead):
    propose_decision(late, "return", by=agent, reason="She wants it back.")
    row = put_back(late, by=lead, reason="She would rather pay.")
    assert (row.state, row.decision, row.proposed_by) == ("held", "", None)
    propose_decision(row, "credit", by=lead, reason="She would rather pay.")


def test_money_in_the_books_cannot_simply_be_left(late, agent):
    with pytest.raises(Conflict):
        propose_decision(late, "leave", by=agent, reason="No idea what it is.")


def test_the_chains_own_coin_is_left_by_one_person_and_never_credited(coin, agent, tron, account):
    with pytest.raises(Conflict):
        propose_decision(coin, "credit", by=agent, reason="It is worth something.")
    assert propose_decision(coin, "leave", by=agent, reason="Ours, to pay for the transfer.").state == "left"
    tron.sweeps()
    coin.refresh_from_db()
    assert (coin.state, Deposit.objects.count(), balance(account)) == ("left", 1, 20_000)


def test_a_decision_needs_a_reason(late, agent):
    with pytest.raises(InvalidInput):
        propose_decision(late, "return", by=agent, reason=" ")


def test_an_account_is_free_for_another_payment_once_its_deposit_is_decided(tron, account, agent, lead):
    tron.asks(account, 20_000)
    tron.sends(units=tron.units // 2)
    tron.confirms()
    tron.lets_it_run_out()
    tron.sweeps()
    assert only_attempt().state == "pending"
    deposit = Deposit.objects.get()
    propose_decision(deposit, "credit", by=agent, reason="A part payment.")
    confirm_decision(deposit, by=lead)
    assert (only_attempt().state, balance(account)) == ("closed", 10_000)
    assert tron.asks(account, 10_000).payment.state == "open"
    tron.sweeps()
    assert balance(account) == 10_000 and Deposit.objects.get().state == "credited"


def test_a_credited_deposit_the_chain_takes_back_is_owed_again(late, account, tron, agent, lead):
    propose_decision(late, "credit", by=agent, reason="She was only late.")
    confirm_decision(late, by=lead)
    tron.takes_back()
    tron.sweeps()
    late.refresh_from_db()
    assert (late.state, balance(account)) == ("gone", 20_000)
    assert Payment.objects.get(source="deposit").state == "reversed"
    assert (sum_of("suspense"), sum_of("clearing")) == (0, 0) and books_are_right()
    assert propose_decision(late, "leave", by=agent, reason="Seen; the second node agrees.").state == "lost"


def test_a_credited_deposit_has_a_receipt_with_its_transaction(late, agent, lead):
    propose_decision(late, "credit", by=agent, reason="She was only late.")
    receipt = receipt_of(confirm_decision(late, by=lead).payment)
    assert receipt.wallet_reference == late.transaction and len(receipt.wallet_reference_short) < 24


def test_suspense_of_undecided_coins_belongs_to_no_account(late):
    lines = Posting.objects.filter(ledger_account__kind=LedgerAccount.Kind.SUSPENSE)
    assert [line.account_id for line in lines] == [None]


def test_the_queue_shows_what_came_and_what_to_do(late, agent, account):
    client = signed_in(agent)
    page = client.get(reverse("deposit_list")).content.decode()
    assert late.reference in page and "After the time was over" in page
    page = client.get(reverse("deposit_page", args=[late.reference])).content.decode()
    assert late.transaction in page and "TRON (TRC-20)" in page and account.reference in page


def test_two_people_decide_on_the_page(late, agent, lead, account):
    hers, his = signed_in(agent), signed_in(lead)
    decide = {"decision": "credit", "reason": "She was only late.", "token": "one"}
    answer = hers.post(reverse("deposit_decide", args=[late.reference]), decide)
    assert answer.status_code == 302
    assert hers.post(reverse("deposit_confirm", args=[late.reference]), {"token": "two"}).status_code == 403
    assert his.post(reverse("deposit_confirm", args=[late.reference]), {"token": "three"}).status_code == 302
    assert balance(account) == 0
    assert late.reference not in hers.get(reverse("deposit_list")).content.decode()
    assert late.reference in hers.get(reverse("deposit_list"), {"show": "all"}).content.decode()


def test_a_decision_without_a_reason_is_asked_again_on_the_page(late, agent):
    form = {"decision": "credit", "reason": "x", "token": "one"}
    answer = signed_in(agent).post(reverse("deposit_decide", args=[late.reference]), form)
    assert answer.status_code == 422 and "Say why" in answer.content.decode()
    late.refresh_from_db()
    assert late.state == "held"
