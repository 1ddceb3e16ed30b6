"""A batch of decisions is the same decisions taken one after the other: the single door is the oracle."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import Consent, Hold
from compliance.gate import Action
from compliance.models import ContactCount, ContactEntry, ContactPolicy, Decision
from compliance.selectors import usable_contact_point
from compliance.services import Deciding, decide, ensure_default_policies, lock_debtors, release
from tests import factories
from tests.compliance.conftest import MONDAY_NOON
from tests.compliance.test_pack_timing import LOOK

pytestmark = pytest.mark.django_db
CHANNELS = ("sms", "email", "voice", "in_app")
PURPOSES = ("overdue_friendly", "receipt", "pre_debit_notice", "debit_failed")
CREDITOR = {"source": "placement file"}


def ago(days: int):
    return st.integers(0, days * 24 * 60).map(lambda minutes: MONDAY_NOON - timedelta(minutes=minutes))


@st.composite
def person(draw):
    return {
        "zone": draw(st.sampled_from(["Asia/Shanghai", "Asia/Shanghai", "America/New_York", ""])),
        "dead": draw(st.sampled_from(["", "", "", "phone", "email"])),
        "said": draw(
            st.lists(
                st.tuples(
                    st.sampled_from(["sms", "email", "*"]), st.booleans(), st.sampled_from([{}, CREDITOR]), ago(40)
                ),
                max_size=3,
            )
        ),
        "held": draw(
            st.lists(st.tuples(st.sampled_from(["dispute", "cease", "hardship"]), st.booleans(), ago(9)), max_size=1)
        ),
        "past": draw(
            st.lists(
                st.tuples(
                    ago(20), st.sampled_from(CHANNELS), st.integers(0, 1), st.sampled_from(["done", "released"]),
                    st.booleans(),
                ),
                max_size=4,
            )
        ),
        "counted": draw(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["sms", "email"])), max_size=2)),
        "paid": draw(st.integers(0, 4)) == 0,
    }  # fmt: skip


ASKS = st.lists(
    st.tuples(
        st.integers(0, 1), st.integers(0, 1), st.sampled_from(CHANNELS), st.sampled_from(PURPOSES), st.booleans()
    ),
    min_size=2,
    max_size=7,
)
CAPS = st.fixed_dictionaries({"daily_cap": st.integers(1, 3), "weekly_cap": st.integers(1, 5)})


def settle_in(told) -> list:
    """Two debts of one person."""
    who = factories.debtor(time_zone=told["zone"])
    first = factories.account(person=who)
    second = factories.account(person=who, placement=first.portfolio, reachable=False)
    if told["dead"]:
        who.contact_points.filter(kind=told["dead"]).update(condition="invalid")
    for channel, granted, evidence, at in told["said"]:
        Consent.objects.create(debtor=who, channel=channel, granted=granted, evidence=evidence, recorded_at=at)
    for kind, everything, since in told["held"]:
        about = None if everything else first
        Hold.objects.create(debtor=who, account=about, kind=kind, blocks=["contact"], reason="x", starts_at=since)
    for at, channel, which, state, inbound in told["past"]:
        debts = [(first, second)[which].pk]
        ContactEntry.objects.create(debtor=who, accounts=debts, at=at, channel=channel, state=state, inbound=inbound)
    for back, channel in set(told["counted"]):
        ContactCount.objects.create(debtor=who, day=MONDAY_NOON.date() - timedelta(days=back), channel=channel, count=1)
    if told["paid"]:
        type(first).objects.filter(pk=first.pk).update(balance_minor=0, principal_minor=0, status="paid")
    return [first, second]


def one_by_one(accounts, asks):
    """`gone`: it did not leave after all, and its contact is given back before the next is asked about."""
    said = []
    for number, (who, debt, channel, purpose, gone) in enumerate(asks):
        account = accounts[who][debt]
        point = usable_contact_point(account, channel=channel)
        one = decide(
            account, channel=channel, purpose=purpose, contact_point=point, at=MONDAY_NOON, source=f"m:{number}"
        )
        if gone and one.verdict.may_go:
            release(account.debtor_id, day=one.reserved_day, channel=channel, source=f"m:{number}")
        said.append(one)
    return seen(said)


def together(accounts, asks):
    asked = [accounts[who][debt] for who, debt, *_rest in asks]
    lock_debtors(account.debtor_id for account in asked)
    deciding, said = Deciding.about([account.pk for account in asked], at=MONDAY_NOON), []
    for number, (account, (_who, _debt, channel, purpose, gone)) in enumerate(zip(asked, asks, strict=True)):
        point = deciding.known.person_of(account.pk).usable_point(channel)
        one = deciding.decide(account.pk, Action(purpose, channel), contact_point=point, source=f"m:{number}")
        if gone and one.verdict.may_go:
            deciding.give_back(one)
        said.append(one)
    deciding.write()
    return seen(said)


def seen(said):
    """Verdicts with every word and the evidence, and what is counted and kept afterwards."""
    decisions = Decision.objects.order_by("id").values_list(
        "account",
        "action",
        "channel",
        "verdict",
        "until",
        "reasons",
        "packs",
        "rules",
        "requirements",
        "facts_digest",
        "source",
    )
    lines = ContactEntry.objects.exclude(state="released").order_by("id")
    counts = ContactCount.objects.filter(count__gt=0).order_by("debtor", "day", "channel")
    return {
        "verdicts": [(one.verdict, one.reserved_day) for one in said],
        "decisions": list(decisions),
        "lines": list(
            lines.values_list("debtor", "accounts", "at", "channel", "purpose", "state", "address", "source")
        ),
        "counts": list(counts.values_list("debtor", "day", "channel", "count")),
    }


def rolled_back(work, *args):
    with transaction.atomic():
        found = work(*args)
        transaction.set_rollback(True)
    return found


@hypothesis_settings(LOOK, max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.tuples(person(), person()), ASKS, CAPS)
def test_a_batch_says_and_keeps_what_its_contacts_would_one_after_the_other(told, asks, caps):
    with transaction.atomic():
        ensure_default_policies()
        ContactPolicy.objects.filter(name="House rule").update(**caps)
        accounts = [settle_in(one) for one in told]
        assert rolled_back(together, accounts, asks) == rolled_back(one_by_one, accounts, asks)
        transaction.set_rollback(True)


def test_the_last_permitted_contact_goes_to_the_first_of_a_batch(account):
    ensure_default_policies()
    other = factories.account(person=account.debtor, placement=account.portfolio, reachable=False)
    asks = [(0, 0, "sms", "overdue_friendly", False), (0, 1, "email", "overdue_friendly", False)]
    found = together([[account, other]], asks)
    assert [verdict.kind for verdict, _day in found["verdicts"]] == ["allow", "defer"]
    assert [count for *_rest, count in found["counts"]] == [1]


def test_what_did_not_leave_makes_room_for_the_next_of_the_batch(account):
    ensure_default_policies()
    other = factories.account(person=account.debtor, placement=account.portfolio, reachable=False)
    asks = [(0, 0, "sms", "overdue_friendly", True), (0, 1, "email", "overdue_friendly", False)]
    found = together([[account, other]], asks)
    assert [verdict.kind for verdict, _day in found["verdicts"]] == ["allow", "allow"]
    assert [line[3] for line in found["lines"]] == ["email"]


def test_many_people_cost_no_more_statements_than_a_few(django_assert_max_num_queries):
    ensure_default_policies()
    people = [[factories.account()] for _ in range(12)]
    asks = [(number, 0, "sms", "overdue_friendly", False) for number in range(12)]
    accounts = [account for (account,) in people]
    with django_assert_max_num_queries(16):
        lock_debtors(account.debtor_id for account in accounts)
        deciding = Deciding.about([account.pk for account in accounts], at=MONDAY_NOON)
        for account, _ask in zip(accounts, asks, strict=True):
            point = deciding.known.person_of(account.pk).usable_point("sms")
            assert deciding.decide(account.pk, Action("overdue_friendly", "sms"), contact_point=point).verdict.may_go
        deciding.write()
    assert ContactEntry.objects.count() == 12
