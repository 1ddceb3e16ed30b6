"""Whatever happens, in whatever order: what was collected is paid out, earned or carried, and nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from common.money import Money
from payments.ledger import checks, reverse_entry
from payments.models import Posting, ReconciliationItem, Remittance, StatementRun
from payments.reconciliation import confirm_force, propose_force
from payments.reconciliation.running import settle, settle_provider
from payments.remittance import approve, cancel, draft_next, mark_paid
from payments.remittance.candidates import unremitted
from tests import factories
from tests.remittance.cast import (
    agreed,
    at,
    balance,
    fee,
    give_back,
    month,
    pay,
    pay_the_bank_itself,
    people,
    twice_remitted,
)
from wallets.models import Provider
from wallets.providers import base

AMOUNTS = st.integers(min_value=1, max_value=9_999)
TERMS = st.one_of(
    st.fixed_dictionaries({"basis": st.just("percent"), "rate": st.integers(0, 10_000)}),
    st.fixed_dictionaries({"basis": st.sampled_from(["account", "payment"]), "flat_minor": st.integers(0, 900)}),
    st.just({"basis": "tiered", "tier_days": [0, 30], "tier_rates": [1_111, 2_345]}),
)
HOW = st.fixed_dictionaries(
    {
        "rounding": st.sampled_from(["half_even", "half_up", "down"]),
        "way": st.sampled_from(["net", "gross"]),
        "fees_passed_on": st.booleans(),
        "direct_counts": st.booleans(),
        "cadence": st.sampled_from(["weekly", "monthly"]),
    }
)
STEP_NAMES = [
    "pay", "pay", "reverse", "refund", "direct", "fee", "draft", "redo", "stray", "stray", "assign", "give", "keep",
]  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from(STEP_NAMES), AMOUNTS),
    min_size=3,
    max_size=14,
)


class History:
    """One creditor's months: money moves on days that follow each other, and drafts come in between."""

    def __init__(self, terms, changed):
        self.account = factories.account(balance_minor=1_000_000, reachable=False)
        self.bank = self.account.creditor
        self.people = people()
        agreed(self.bank, **terms)
        agreed(self.bank, **changed, valid_from=month(2))
        self.day, self.paid = month(3), []
        self.provider = Provider.objects.get_or_create(key="alipay", defaults={"name": "Alipay", "status": "vetted"})[0]
        # What came in, went back and was taken as fees, counted apart from the ledger.
        self.received = self.gone = self.taken = 0

    def step(self, name, minor):
        self.day += timedelta(days=5)
        getattr(self, name)(minor)

    def pay(self, minor):
        self.paid.append((pay(self.account, minor, self.day), minor))
        self.received += minor

    def reverse(self, minor):
        if self.paid:
            entry, whole = self.paid.pop(minor % len(self.paid))
            reverse_entry(entry, effective_at=at(self.day))
            self.gone += whole

    def refund(self, minor):
        if self.paid:
            entry, whole = self.paid.pop()
            give_back(self.account, entry, min(minor, whole), self.day)
            self.gone += min(minor, whole)

    def direct(self, minor):
        pay_the_bank_itself(self.account, minor, self.day)

    def fee(self, minor):
        fee(self.account, minor % 90 + 1, self.day)
        self.taken += minor % 90 + 1

    def stray(self, minor):
        """The wallet's statement shows money under a number nobody knows."""
        line = base.StatementLine(
            kind=base.EventKind.PAYMENT,
            merchant_ref=f"STRAY{self.day}",
            provider_ref="",
            amount=Money(minor, "CNY"),
            fee=Money(minor % 7, "CNY"),
            booked_at=at(self.day),
        )
        run = StatementRun.objects.create(provider=self.provider, day=self.day)
        settle(run, self.provider, [line])
        self.received += minor

    def assign(self, _minor):
        if item := self._decide("account", account=self.account):
            self.taken += item.difference.minor % 7

    def keep(self, _minor):
        if item := self._decide("suspense", creditor=self.bank):
            self.taken += item.difference.minor % 7

    def give(self, _minor):
        if item := self._decide("return"):
            self.gone += item.difference.minor
            self.taken += item.difference.minor % 7

    def _decide(self, destination, **given):
        item = ReconciliationItem.objects.filter(kind="extra", state="open").order_by("pk").first()
        if item:
            propose_force(item, destination=destination, reason="as the payer says", by=self.people[0], **given)
            confirm_force(item, by=self.people[1])
            settle_provider(self.provider)
        return item

    def draft(self, _minor=0):
        return draft_next(self.bank.pk, "CNY")

    def redo(self, _minor):
        drafted = self.draft()
        if drafted:
            cancel(drafted, by=self.people[0], reason="once more")

    def settle_all(self):
        while self.draft():
            continue
        for row in Remittance.objects.filter(creditor=self.bank, state="draft").order_by("first_day"):
            approved = approve(row, by=self.people[0])
            if approved.state == "approved":
                mark_paid(approved, by=self.people[1], bank_reference=f"TRF {row.pk}")


def check_the_whole(story, sums):
    """Collected = remitted + commission + fees + held + suspense + given back, over the creditor's books and ours."""
    books = Posting.objects.filter(currency="CNY")
    total = {
        kind: books.filter(ledger_account__kind=kind).aggregate(minor=Sum("amount_minor"))["minor"] or 0
        for kind in ("clearing", "trust", "payable", "commission", "suspense", "provider_fees")
    }
    held = total["clearing"] + total["trust"]
    assert held == story.received - story.gone - story.taken - sums["payout"]
    assert held == -(total["payable"] + total["commission"] + total["suspense"] + total["provider_fees"])
    waiting = ReconciliationItem.objects.filter(held_entry__isnull=False)
    strays = {row.held_minor == row.difference.minor for row in waiting}
    assert strays <= {True}


class Conservation(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(terms=TERMS, changed=TERMS, how=HOW, steps=STEPS)
    def test_what_was_collected_is_paid_out_or_earned_or_carried_forward(self, terms, changed, how, steps):
        story = History(terms | how, changed | how)
        for name, minor in steps:
            story.step(name, minor)
        story.settle_all()
        bank, last = story.bank, Remittance.objects.exclude(state="cancelled").order_by("last_day").last()
        standing = Remittance.objects.filter(creditor=bank).exclude(state="cancelled")
        sums = {
            name: standing.aggregate(total=Sum(f"{name}_minor"))["total"] or 0
            for name in ("collected", "taken_back", "commission", "fees", "payout")
        }
        kept_back = sums["commission"] + sums["fees"] if how["way"] == "net" else 0
        carried = last.carried_out_minor if last else 0
        assert sums["collected"] + sums["taken_back"] == sums["payout"] + kept_back + carried
        open_minor = -(unremitted(bank.pk, "CNY").filter(ledger_account__kind="payable").aggregate(
            total=Sum("amount_minor"))["total"] or 0)  # fmt: skip
        assert -balance(bank, "payable") == carried + open_minor
        assert -balance(bank, "commission") == sums["commission"]
        assert balance(bank, "trust") == -sums["payout"]
        check_the_whole(story, sums)
        assert twice_remitted() == 0
        assert checks.unbalanced_entries() == [] and checks.drifted_accounts() == []
        for row in standing:
            of_lines = row.lines.aggregate(commission=Sum("commission_minor"), fees=Sum("fee_minor"))
            assert (of_lines["commission"], of_lines["fees"]) == (row.commission_minor, row.fees_minor)


@pytest.mark.django_db
def test_a_payment_that_came_and_went_in_pieces_has_cost_nothing_in_the_end():
    story = History({"basis": "percent", "rate": 1_250, "rounding": "half_up"}, {"basis": "percent", "rate": 9_000})
    entry = pay(story.account, 101, month(3))
    story.draft()
    for back in (2, 1):
        give_back(story.account, entry, 50 if back == 2 else 51, month(back))
        story.draft()
    charged = Remittance.objects.order_by("first_day").values_list("commission_minor", flat=True)
    assert list(charged) == [13, -7, -6]
