"""Approving, paying and cancelling: by two people, once, and in order."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Event
from common.errors import Conflict, InvalidInput
from payments.ledger import checks
from payments.models import JournalEntry, Remittance, RemittanceLine
from payments.remittance import approve, cancel, draft_next, mark_paid
from tests.remittance.cast import agreed, balance, month, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(account):
    return account.creditor


@pytest.fixture
def draft(account, bank, agent):
    agreed(bank)
    pay(account, 10_000, month(1))
    return draft_next(bank.pk, "CNY", by=agent)


def test_who_drafted_it_does_not_approve_it(draft, agent):
    with pytest.raises(Conflict, match="somebody else"):
        approve(draft, by=agent)


def test_the_database_refuses_an_approval_by_the_drafter_too(draft, agent):
    with pytest.raises(IntegrityError, match="four_eyes"), transaction.atomic():
        Remittance.objects.filter(pk=draft.pk).update(state="approved", approved_by=agent)


def test_the_database_refuses_a_posting_in_two_remittances(draft):
    line = draft.lines.get()
    line.pk = None
    with pytest.raises(IntegrityError, match="posting_once"), transaction.atomic():
        line.save(force_insert=True)


def test_the_database_refuses_numbers_that_do_not_add_up(draft):
    with pytest.raises(IntegrityError, match="adds_up"), transaction.atomic():
        Remittance.objects.filter(pk=draft.pk).update(payout_minor=9_000)


def test_approving_posts_the_commission_once(draft, bank, lead):
    approve(draft, by=lead)
    approve(draft, by=lead)
    assert (balance(bank, "commission"), balance(bank, "payable")) == (-2_000, -8_000)
    assert JournalEntry.objects.filter(kind="remittance").count() == 1
    assert Event.objects.filter(kind="remittance.approved").count() == 1


def test_who_approved_it_does_not_pay_it(draft, lead):
    with pytest.raises(Conflict, match="somebody else"):
        mark_paid(approve(draft, by=lead), by=lead, bank_reference="TRF 1")


def test_a_draft_is_not_paid(draft, admin):
    with pytest.raises(Conflict):
        mark_paid(draft, by=admin, bank_reference="TRF 1")


def test_paying_needs_the_banks_reference(draft, lead, admin):
    with pytest.raises(InvalidInput, match="bank's reference"):
        mark_paid(approve(draft, by=lead), by=admin, bank_reference="  ")


def test_paying_posts_the_pay_out_once(draft, bank, lead, admin):
    approved = approve(draft, by=lead)
    for _again in range(2):
        paid = mark_paid(approved, by=admin, bank_reference="TRF 1")
    assert (paid.state, paid.bank_reference) == ("paid", "TRF 1")
    assert (balance(bank, "payable"), balance(bank, "trust")) == (0, -8_000)


def test_cancelling_an_approved_one_posts_the_mirror_image(draft, bank, lead, admin):
    cancelled = cancel(approve(draft, by=lead), by=admin, reason="wrong terms")
    assert cancelled.state == "cancelled"
    assert (balance(bank, "payable"), balance(bank, "commission")) == (-10_000, 0)
    assert not RemittanceLine.objects.filter(live=True).exists()
    assert checks.unbalanced_entries() == []


def test_the_paid_is_not_cancelled(draft, lead, admin):
    paid = mark_paid(approve(draft, by=lead), by=admin, bank_reference="TRF 1")
    with pytest.raises(Conflict, match="gone out"):
        cancel(paid, by=lead, reason="too late")


def test_cancelling_needs_a_reason(draft, lead):
    with pytest.raises(InvalidInput, match="Say why"):
        cancel(draft, by=lead, reason=" ")


def test_only_the_last_one_is_cancelled_and_the_first_approved_first(account, bank, lead):
    agreed(bank)
    pay(account, 10_000, month(2))
    pay(account, 5_000, month(1))
    first, second = (draft_next(bank.pk, "CNY") for _ in range(2))
    with pytest.raises(Conflict, match="later remittance"):
        cancel(first, by=lead, reason="not this one")
    with pytest.raises(Conflict, match="still a draft"):
        approve(second, by=lead)


def test_terms_cannot_change_what_is_accounted_for(draft, bank):
    with pytest.raises(InvalidInput, match="already accounted"):
        agreed(bank, valid_from=draft.last_day, rate=1)
    assert agreed(bank, valid_from=month(0), rate=1).rate == 1


@pytest.mark.parametrize("tiers", [([], []), ([30], [100]), ([0, 90, 90], [1, 2, 3]), ([0], [10_001])])
def test_tiers_that_make_no_sense_are_refused(bank, tiers):
    with pytest.raises(InvalidInput):
        agreed(bank, basis="tiered", tier_days=tiers[0], tier_rates=tiers[1])
