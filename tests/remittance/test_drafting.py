"""What a remittance accounts for, and what it charges."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Event
from payments.ledger import checks, reverse_entry
from payments.models import Remittance
from payments.remittance import approve, cancel, draft_due, draft_next, mark_paid
from tests import factories
from tests.remittance.cast import agreed, at, balance, fee, give_back, month, pay, pay_the_bank_itself, people

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(account):
    return account.creditor


def drafted(bank):
    draft_due()
    return Remittance.objects.filter(creditor=bank).exclude(state="cancelled").order_by("-first_day").first()


def settle(remittance):
    approver, payer = people()
    return mark_paid(approve(remittance, by=approver), by=payer, bank_reference="TRF 20261122")


def test_a_month_that_is_over_becomes_a_draft_with_its_commission(account, bank):
    agreed(bank)
    pay(account, 10_000, month(1))
    found = drafted(bank)
    assert (found.first_day, found.last_day) == (month(1), month(0) - timedelta(days=1))
    assert (found.collected_minor, found.commission_minor, found.payout_minor) == (10_000, 2_000, 8_000)
    assert Event.objects.get(kind="remittance.drafted").creditor == bank


def test_the_current_month_is_not_drafted_before_it_is_over(account, bank):
    agreed(bank)
    pay(account, 10_000, month(0))
    assert draft_due() == 0


def test_without_terms_nothing_is_drafted(account):
    pay(account, 10_000, month(1))
    assert draft_due() == 0


def test_drafting_again_adds_nothing(account, bank):
    agreed(bank)
    pay(account, 10_000, month(1))
    assert (draft_due(), draft_due()) == (1, 0)


def test_a_surplus_is_not_the_creditors_and_not_in_its_remittance(account, bank):
    agreed(bank)
    pay(account, 130_000, month(1))
    assert drafted(bank).collected_minor == 125_000


def test_weeks_begin_on_monday(account, bank):
    agreed(bank, cadence="weekly")
    pay(account, 10_000, month(1))
    found = drafted(bank)
    assert (found.first_day.weekday(), found.last_day.weekday()) == (0, 6)
    assert found.first_day <= month(1) <= found.last_day


def test_the_days_are_those_of_the_creditors_own_zone(account, bank):
    """Late in the evening in London on the last day of a month is the next month in Shanghai."""
    agreed(bank, zone="Asia/Shanghai")
    entry_day = month(1) - timedelta(days=1)
    pay(account, 10_000, entry_day)
    account.refresh_from_db()
    from common.money import Money
    from payments.services.settling import post_money

    post_money(account, Money(500, "CNY"), key="attempt:1", provider_key="alipay", effective_at=at(entry_day, 20))
    first, second = (draft_next(bank.pk, "CNY") for _ in range(2))
    assert (first.collected_minor, second.collected_minor) == (10_000, 500)
    assert second.first_day == month(1)
    assert not second.lines.get().late


def test_gross_pays_all_of_it_out_and_invoices_the_commission(account, bank):
    agreed(bank, way="gross")
    pay(account, 10_000, month(1))
    found = settle(drafted(bank))
    assert (found.payout_minor, found.invoiced_minor) == (10_000, 2_000)
    assert (balance(bank, "payable"), balance(bank, "payable", "invoiced")) == (0, 2_000)
    assert (balance(bank, "commission"), balance(bank, "trust")) == (-2_000, -10_000)


def test_a_flat_amount_per_account_is_charged_once_whatever_comes_later(account, bank):
    agreed(bank, basis="account", flat_minor=700)
    pay(account, 10_000, month(2))
    pay(account, 10_000, month(1))
    draft_due()
    charged = Remittance.objects.order_by("first_day").values_list("commission_minor", flat=True)
    assert list(charged) == [700, 0]


def test_a_flat_amount_per_payment_comes_back_when_the_payment_does(account, bank):
    agreed(bank, basis="payment", flat_minor=300)
    entry = pay(account, 10_000, month(2))
    pay(account, 5_000, month(2))
    reverse_entry(entry, effective_at=at(month(1)))
    draft_due()
    charged = Remittance.objects.order_by("first_day").values_list("commission_minor", flat=True)
    assert list(charged) == [600, -300]


@pytest.mark.parametrize(("age", "commission"), [(10, 1_500), (90, 2_500), (364, 2_500), (365, 4_000)])
def test_the_tier_is_that_of_the_debts_age_when_it_was_placed(age, commission):
    account = factories.account(placement=factories.portfolio(placed_on=month(3)), due_date=month(3) - timedelta(age))
    agreed(account.creditor, basis="tiered", tier_days=[0, 90, 365], tier_rates=[1_500, 2_500, 4_000])
    pay(account, 10_000, month(1))
    assert drafted(account.creditor).commission_minor == commission


def test_the_terms_of_the_day_the_money_came_hold_for_its_refund_too(account, bank):
    agreed(bank, rate=1_000)
    entry = pay(account, 10_000, month(2))
    draft_next(bank.pk, "CNY")
    agreed(bank, valid_from=month(1), rate=5_000)
    give_back(account, entry, 4_000, month(1))
    pay(account, 1_000, month(1))
    lines = list(draft_next(bank.pk, "CNY").lines.order_by("amount_minor"))
    assert [(row.amount_minor, row.commission_minor) for row in lines] == [(-4_000, -400), (1_000, 500)]


@pytest.mark.parametrize(("rounding", "commission"), [("half_even", 12), ("half_up", 13), ("down", 12)])
def test_half_a_minor_unit_is_rounded_as_the_terms_say(account, bank, rounding, commission):
    agreed(bank, rate=1_000, rounding=rounding)
    pay(account, 125, month(1))
    assert drafted(bank).commission_minor == commission


def test_a_reversal_after_the_pay_out_is_carried_into_the_next_ones(account, bank):
    agreed(bank)
    entry = pay(account, 10_000, month(4))
    first = settle(draft_next(bank.pk, "CNY"))
    reverse_entry(entry, effective_at=at(month(3)))
    second = draft_next(bank.pk, "CNY")
    assert (first.payout_minor, second.taken_back_minor, second.commission_minor) == (8_000, -10_000, -2_000)
    assert (second.payout_minor, second.carried_out_minor) == (0, -8_000)
    assert approve(second, by=people()[0]).state == "carried"
    pay(account, 20_000, month(1))
    third = settle(draft_next(bank.pk, "CNY"))
    assert (third.carried_in_minor, third.payout_minor) == (-8_000, 8_000)
    assert (balance(bank, "payable"), balance(bank, "commission")) == (0, -4_000)
    assert checks.unbalanced_entries() == []


def test_what_became_known_late_goes_into_the_next_period_and_says_so(account, bank):
    agreed(bank)
    pay(account, 10_000, month(2))
    draft_due()
    pay(account, 3_000, month(2))
    late = drafted(bank)
    assert (late.first_day, late.collected_minor) == (month(1), 3_000)
    assert late.lines.get().late


@pytest.mark.parametrize(("passed_on", "payout", "kept"), [(True, 7_940, 0), (False, 8_000, 60)])
def test_provider_fees_are_borne_as_the_terms_say(account, bank, passed_on, payout, kept):
    agreed(bank, fees_passed_on=passed_on)
    pay(account, 10_000, month(1))
    fee(account, 60, month(1))
    found = settle(drafted(bank))
    assert (found.payout_minor, found.fees_kept_minor) == (payout, kept)
    assert (balance(bank, "payable"), balance(bank, "provider_fees", "alipay") + balance(bank, "provider_fees")) == (
        0,
        kept,
    )


@pytest.mark.parametrize(("counts", "payout"), [(True, 7_800), (False, 8_000)])
def test_money_paid_to_the_bank_itself_is_not_paid_out_but_may_cost_commission(account, bank, counts, payout):
    agreed(bank, direct_counts=counts)
    pay(account, 10_000, month(1))
    pay_the_bank_itself(account, 1_000, month(1))
    found = drafted(bank)
    assert (found.collected_minor, found.direct_minor, found.payout_minor) == (10_000, 1_000, payout)


def test_the_trust_balance_is_that_of_the_end_of_the_period(account, bank):
    agreed(bank)
    pay(account, 10_000, month(2))
    pay(account, 5_000, month(1))
    first, second = (draft_next(bank.pk, "CNY") for _ in range(2))
    assert (first.clearing_minor, second.clearing_minor) == (10_000, 15_000)


def test_our_own_entries_never_become_lines(account, bank):
    agreed(bank)
    pay(account, 10_000, month(1))
    settle(drafted(bank))
    from payments.remittance.candidates import unremitted

    assert not unremitted(bank.pk, "CNY").exists()


def test_a_cancelled_draft_frees_its_postings_for_the_next(account, bank, lead):
    agreed(bank)
    pay(account, 10_000, month(1))
    first = drafted(bank)
    cancel(first, by=lead, reason="wrong terms")
    second = drafted(bank)
    assert second.pk != first.pk
    assert (second.first_day, second.payout_minor) == (first.first_day, 8_000)
