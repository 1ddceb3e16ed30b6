"""Whatever is recorded, confirmed, placed, sent back, taken back or refunded: the books say what paper says."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from common.clock import today
from common.money import Money
from payments.accrual.replaying import replay_account
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.models import BankTransfer, Refund
from payments.refunds import (
    RefundRefused,
    approve_refund,
    choices_of,
    record_transfer,
    reject_refund,
    request_refund,
)
from payments.services.shares import surplus_of
from payments.transfers import ask_step, decide_step, note_kept, note_sent
from tests import factories
from tests.transfers.cast import lies, recorded

OWED = (30_000, 9_000)
NAMES = (
    "receive", "receive", "receive", "record", "decide", "place", "place", "unplace", "return", "recall", "recall",
    "sent", "keep", "refund", "refund", "refund", "made", "made", "not_made", "replay",
)  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 20_000)), min_size=8, max_size=30)


class Story:
    """Two debtors, and transfers of days that follow each other."""

    def __init__(self):
        self.accounts = [factories.account(balance_minor=minor, reachable=False) for minor in OWED]
        self.alice, self.lena = factories.user(role="agent"), factories.user(role="lead")
        self.days = 40

    def pick(self, minor, **where):
        rows = list(BankTransfer.objects.filter(**where).order_by("pk"))
        return rows[minor % len(rows)] if rows else None

    def refund_in(self, minor, state):
        rows = list(Refund.objects.filter(state=state).order_by("pk"))
        return rows[minor % len(rows)] if rows else None

    def record(self, minor):
        self.days -= 1
        account = [*self.accounts, None][minor % 3]
        recorded(minor, self.alice, account=account, day=today() - timedelta(days=self.days))

    def receive(self, minor):
        self.record(minor)
        self.decide(-1)

    def decide(self, minor):
        """The second person says yes, but for one time in seven."""
        if row := self.pick(minor, steps__state="asked"):
            decide_step(row.steps.get(state="asked"), by=self.lena, agree=minor % 7 > 0, note="as it is")

    def _ask(self, minor, action, state, account=None):
        if (row := self.pick(minor, state=state)) and not row.steps.filter(state="asked").exists():
            step = ask_step(row, action, reason="as it is", by=self.alice, account=account)
            if minor % 5:
                decide_step(step, by=self.lena, agree=True)

    def place(self, minor):
        self._ask(minor, "place", "suspense", self.accounts[minor % 2])

    def unplace(self, minor):
        self._ask(minor, "unplace", "placed")

    def recall(self, minor):
        self._ask(minor, "recall", ["placed", "placed", "suspense"][minor % 3])

    def sent(self, minor):
        if row := self.pick(minor, state="to_return"):
            note_sent(row, bank_reference="OUT", by=self.alice)

    def keep(self, minor):
        if row := self.pick(minor, state="to_return"):
            note_kept(row, reason="as it is", by=self.alice)

    def refund(self, minor):
        if row := self.pick(minor, state="placed"):
            try:
                most = choices_of(row.payment).most.minor
                asked = request_refund(
                    row.payment, amount=Money(1 + minor % most, "CNY"), purpose="owed_again", way="transfer",
                    reason="as it is", by=self.alice,
                )  # fmt: skip
                approve_refund(asked, by=self.lena)
            except RefundRefused as refused:
                assert refused.details["why"] == "nothing_left"

    def made(self, minor):
        if refund := self.refund_in(minor, "approved"):
            record_transfer(refund, by=self.alice, reference="OUT")

    def not_made(self, minor):
        if refund := self.refund_in(minor, "approved"):
            reject_refund(refund, by=self.alice, note="as it is")

    def replay(self, minor):
        replay_account(self.accounts[minor % 2])


setattr(Story, "return", lambda self, minor: self._ask(minor, "return", "suspense"))


def on_paper(account, owed):
    """(owed, surplus) told day by day with nothing of the platform's own reckoning."""
    left, spare, parts = owed, 0, {}
    came = BankTransfer.objects.filter(state="placed", account=account).order_by("value_date")
    for row in came:
        took = min(left, row.amount_minor)
        parts[row.payment_id] = [took, row.amount_minor - took]
        left, spare = left - took, spare + row.amount_minor - took
    gone = Refund.objects.filter(payment__account=account, state__in=["approved", "succeeded"])
    for refund in sorted(gone, key=lambda row: row.entry.idempotency_key):
        paid, over = parts.get(refund.payment_id, [0, 0])
        first = max(0, min(refund.amount_minor, over, spare))
        second = min(refund.amount_minor - first, paid)
        parts[refund.payment_id] = [paid - second, over - first]
        left, spare = left + second, spare - (refund.amount_minor - second)
    return left, spare


def total(rows) -> int:
    return sum(row.amount_minor for row in rows)


class AnyOrder(TestCase):
    @settings(max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
    @given(steps=STEPS)
    def test_the_books_say_what_a_sheet_of_paper_says(self, steps):
        story = Story()
        for name, minor in steps:
            getattr(story, name)(minor)
            assert unbalanced_entries() == [] and drifted_accounts() == []
        inside = BankTransfer.objects.filter(state__in=["placed", "suspense", "to_return"])
        made, promised = Refund.objects.filter(state="succeeded"), Refund.objects.filter(state="approved")
        assert lies("trust") == total(inside) - total(made)
        assert lies("clearing") == 0
        assert -lies("suspense", account=None) == total(inside.filter(state="suspense"))
        assert -lies("refunds") == total(inside.filter(state="to_return")) + total(promised)
        for account, owed in zip(story.accounts, OWED, strict=True):
            replay_account(account)
            account.refresh_from_db()
            assert (account.balance_minor, surplus_of(account).minor) == on_paper(account, owed)
        assert unbalanced_entries() == [] and drifted_accounts() == [] and lies("trust") == total(inside) - total(made)
