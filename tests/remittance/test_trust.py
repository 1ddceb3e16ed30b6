"""From the wallet to the trust account: whose money it is, to the last cent, and only after two people have looked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Event
from common.clock import today
from common.errors import Conflict, InvalidInput
from common.money import Money
from payments.ledger.checks import unbalanced_entries
from payments.models import JournalEntry, Posting, TrustTransfer
from payments.reconciliation.gathering import gather
from payments.remittance import approve, draft_next, mark_paid
from payments.services.transfers import record_transfer
from payments.trust import confirm_arrival, record_arrival, reject_arrival, return_arrival
from payments.trust.balances import where_it_is, with_wallet
from tests import factories
from tests.pages.conftest import plain_ground, signed_in
from tests.remittance.cast import agreed, approved_remittance, at, balance, fee, month, pay
from wallets.models import Provider

pytestmark = pytest.mark.django_db
__all__ = ["plain_ground"]


@pytest.fixture
def alipay():
    return Provider.objects.create(key="alipay", name="Alipay", status="vetted", currencies=["CNY"])


def arrived(wallet: Provider, minor: int, by, *, reference: str = "BANK-1", day=None) -> TrustTransfer:
    return record_arrival(
        wallet, amount=Money(minor, "CNY"), bank_reference=reference, arrived_on=day or today(), by=by
    )


def test_what_the_wallet_paid_out_lies_on_the_trust_account_when_a_second_person_has_confirmed_it(
    alipay, account, lead, admin
):
    pay(account, 10_000, month(1))
    transfer = arrived(alipay, 9_000, lead)
    assert balance(account.creditor, "trust") == 0, "nothing is posted on one person's word"
    confirm_arrival(transfer, by=admin)
    assert balance(account.creditor, "trust") == 9_000
    assert balance(account.creditor, "clearing", "alipay") == 1_000 and unbalanced_entries() == []
    kinds = list(Event.objects.filter(kind__startswith="trust.").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["trust.recorded", "trust.confirmed"]


def test_who_recorded_it_does_not_confirm_it_nor_take_it_back(alipay, account, lead, admin):
    pay(account, 10_000, month(1))
    transfer = arrived(alipay, 10_000, lead)
    with pytest.raises(Conflict):
        confirm_arrival(transfer, by=lead)
    confirm_arrival(transfer, by=admin)
    with pytest.raises(Conflict):
        return_arrival(transfer, reason="sent back", by=lead)
    assert balance(account.creditor, "trust") == 10_000


def test_it_is_confirmed_once(alipay, account, lead, admin):
    pay(account, 10_000, month(1))
    transfer = arrived(alipay, 4_000, lead)
    confirm_arrival(transfer, by=admin)
    for again in (confirm_arrival, lambda row, by: reject_arrival(row, reason="no more", by=by)):
        with pytest.raises(Conflict):
            again(transfer, by=admin)
    assert balance(account.creditor, "trust") == 4_000


@pytest.mark.parametrize(
    ("field", "given"),
    [("amount", {"minor": 10_001}), ("amount", {"minor": 0}), ("bank_reference", {"reference": " "})],
)
def test_what_cannot_be_is_refused_and_says_where(alipay, account, lead, field, given):
    pay(account, 10_000, month(1))
    with pytest.raises(InvalidInput) as refused:
        arrived(alipay, given.get("minor", 100), lead, reference=given.get("reference", "BANK-1"))
    assert refused.value.field == field and not TrustTransfer.objects.exists()


def test_the_same_transfer_is_recorded_once_unless_the_first_was_a_mistake(alipay, account, lead, admin):
    pay(account, 10_000, month(1))
    first = arrived(alipay, 1_000, lead)
    with pytest.raises(InvalidInput):
        arrived(alipay, 1_000, admin)
    reject_arrival(first, reason="wrong wallet", by=lead)
    confirm_arrival(arrived(alipay, 2_000, lead), by=admin)
    assert balance(account.creditor, "trust") == 2_000


def test_a_day_that_has_not_come_is_refused(alipay, account, lead):
    pay(account, 10_000, month(1))
    with pytest.raises(InvalidInput):
        arrived(alipay, 1_000, lead, day=today() + timedelta(days=3))


def test_a_wallet_whose_fees_became_known_meanwhile_holds_too_little(alipay, account, lead, admin):
    pay(account, 10_000, month(1))
    transfer = arrived(alipay, 10_000, lead)
    fee(account, 60, month(1))
    with pytest.raises(Conflict):
        confirm_arrival(transfer, by=admin)
    assert balance(account.creditor, "trust") == 0


def test_what_the_bank_took_back_is_with_the_wallet_again(alipay, account, lead, admin):
    pay(account, 10_000, month(1))
    transfer = confirm_arrival(arrived(alipay, 7_000, lead), by=admin)
    return_arrival(transfer, reason="the bank returned it", by=admin)
    assert balance(account.creditor, "trust") == 0
    assert balance(account.creditor, "clearing", "alipay") == 10_000 and unbalanced_entries() == []


def test_a_remittance_shows_what_was_on_the_trust_account_and_is_paid_from_it(alipay, account, lead, admin):
    agreed(account.creditor, rate=0)
    pay(account, 10_000, month(1))
    day = month(1) + timedelta(days=5)
    confirm_arrival(arrived(alipay, 6_000, lead, day=day), by=admin)
    remittance = draft_next(account.creditor_id, "CNY")
    assert (remittance.trust_minor, remittance.clearing_minor) == (6_000, 4_000)
    confirm_arrival(arrived(alipay, 4_000, lead, reference="BANK-2"), by=admin)
    mark_paid(approve(remittance, by=lead), by=admin, bank_reference="OUT-1")
    assert where_it_is() == ([], []), "nothing is held and nothing is owed any more"


def test_no_statement_of_payments_is_expected_to_show_it(alipay, account, lead, admin):
    pay(account, 10_000, month(1))
    transfer = confirm_arrival(arrived(alipay, 7_000, lead), by=admin)
    return_arrival(transfer, reason="the bank returned it", by=admin)
    gather(alipay)
    assert list(alipay.expectations.values_list("entry__kind", flat=True)) == ["payment"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    held=st.lists(st.integers(min_value=1, max_value=10_000), min_size=1, max_size=4),
    back=st.integers(min_value=0, max_value=100),
    part=st.integers(min_value=1, max_value=100),
)
def test_a_sum_for_many_creditors_is_divided_to_the_last_cent_and_nobody_gets_more_than_is_there(
    alipay, lead, admin, held, back, part
):
    """`back`: a creditor to whose debtors more went back than came in has no part in it."""
    creditors = [factories.account(balance_minor=1_000_000, reachable=False) for _minor in held]
    before = {}
    for account, minor in zip(creditors, held, strict=True):
        pay(account, minor, month(1))
        before[account.creditor_id] = minor
    if back:
        loser = factories.account(reachable=False)
        fee(loser, back, month(1))
    there = sum(with_wallet(alipay, "CNY").values())
    minor = max(1, there * part // 100)
    if minor > there:
        return
    number = TrustTransfer.objects.count()
    transfer = confirm_arrival(arrived(alipay, minor, lead, reference=f"BANK-{number}-x"), by=admin)
    entries = JournalEntry.objects.filter(data__transfer=transfer.reference)
    got = dict(
        Posting.objects.filter(entry__in=entries, ledger_account__kind="trust").values_list(
            "entry__creditor", "amount_minor"
        )
    )
    after = with_wallet(alipay, "CNY")
    assert sum(got.values()) == minor and sum(after.values()) == there - minor
    assert all(0 < share <= before.get(creditor, share) for creditor, share in got.items())
    assert all(left >= 0 for creditor, left in after.items() if creditor in before) and unbalanced_entries() == []


def test_lena_records_and_adam_confirms_on_the_page(alipay, account, lead, admin):
    pay(account, 10_000, month(1))
    lena, adam = signed_in(lead), signed_in(admin)
    form = {"token": "t1", "wallet": "alipay:CNY", "amount": "90.00", "bank_reference": "BANK-9"}
    form["arrived_on"] = today().isoformat()
    for _twice in range(2):
        assert lena.post(reverse("trust_record"), form).status_code == 302
    transfer = TrustTransfer.objects.get()
    page = lena.get(reverse("trust_page")).content.decode()
    assert "Somebody else has to confirm it." in page and "BANK-9" in page
    confirm = reverse("trust_act", args=[transfer.reference, "confirm"])
    lena.post(confirm, {"token": "t2"})
    assert balance(account.creditor, "trust") == 0
    adam.post(confirm, {"token": "t3"})
    assert balance(account.creditor, "trust") == 9_000
    assert "90.00" in adam.get(reverse("trust_page")).content.decode()


def test_a_mistake_in_the_form_is_told_at_its_field(alipay, account, lead):
    pay(account, 10_000, month(1))
    form = {"token": "t1", "wallet": "alipay:CNY", "amount": "9000.00", "bank_reference": "BANK-9"}
    form["arrived_on"] = today().isoformat()
    answer = signed_in(lead).post(reverse("trust_record"), form)
    assert answer.status_code == 422 and "this wallet holds only" in answer.content.decode()


def test_what_a_debtor_sent_to_our_bank_is_on_the_trust_account_at_once(account):
    for _twice in range(2):
        record_transfer(account, Money(3_000, "CNY"), received_at=at(month(1)), bank_reference="IN-1")
    assert balance(account.creditor, "trust") == 3_000 and balance(account.creditor, "clearing", "transfer") == 0
    ((row,), wallets) = where_it_is()
    assert (row.trust.minor, row.wallets.minor, row.owed.minor, wallets) == (3_000, 0, 3_000, [])


@pytest.mark.parametrize("role", ["agent", "creditor"])
def test_only_who_may_confirm_money_sees_the_page(account, role):
    somebody = factories.user(role=role, creditor=account.creditor if role == "creditor" else None)
    assert signed_in(somebody).get(reverse("trust_page")).status_code == 403


def test_a_remittance_that_was_paid_before_the_wallet_did_shows_that_the_trust_account_lacks_it(alipay, account, admin):
    remittance = approved_remittance(account)
    mark_paid(remittance, by=admin, bank_reference="OUT-1")
    ((row,), _wallets) = where_it_is()
    assert row.trust.minor == -remittance.payout_minor
