"""Deciding for good: fresh facts, stored reasons, and caps that hold when two workers decide at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.models import Consent, Hold
from compliance import judging, services
from compliance.gate import Kind
from compliance.models import ContactCount, ContactPolicy, Decision
from compliance.selectors import may_contact, usable_contact_point
from compliance.services import decide, ensure_default_policies, release
from tests import factories
from tests.compliance.conftest import MONDAY_NOON

pytestmark = pytest.mark.usefixtures("house_rules")


def ask(account, *, channel="sms", purpose="overdue_friendly", at=MONDAY_NOON):
    point = usable_contact_point(account, channel=channel)
    with transaction.atomic():
        return decide(account, channel=channel, purpose=purpose, contact_point=point, at=at)


def test_an_allowed_contact_is_stored_and_counted(account):
    decided = ask(account)
    assert decided.verdict.kind is Kind.ALLOW
    assert decided.decision.verdict == "allow"
    row = ContactCount.objects.get()
    assert (row.debtor_id, row.day.isoformat(), row.channel, row.count) == (account.debtor_id, "2026-11-23", "sms", 1)


def test_the_second_contact_of_a_day_waits_even_on_another_channel(account):
    ask(account)
    decided = ask(account, channel="email")
    assert decided.verdict.kind is Kind.DEFER
    assert [reason["rule"] for reason in decided.decision.reasons] == ["cap"]
    assert ContactCount.objects.count() == 1


def test_a_cap_is_about_the_person_not_the_account(account):
    other = factories.account(person=account.debtor, placement=account.portfolio, reachable=False)
    ask(account)
    assert ask(other).verdict.kind is Kind.DEFER


def test_a_contact_that_reached_nobody_is_given_back(account):
    decided = ask(account)
    release(account.debtor_id, day=decided.reserved_day, channel="sms")
    assert ask(account).verdict.kind is Kind.ALLOW


def test_giving_back_twice_never_makes_room_that_was_not_there(account):
    decided = ask(account)
    for _ in range(2):
        release(account.debtor_id, day=decided.reserved_day, channel="sms")
    assert ContactCount.objects.get().count == 0


def test_the_newest_word_binds_and_a_word_about_everything_covers_each_channel(account):
    def said(channel, granted, minutes):
        Consent.objects.create(
            debtor=account.debtor,
            channel=channel,
            granted=granted,
            recorded_at=MONDAY_NOON - timedelta(minutes=minutes),
        )

    def allowed(channel):
        return may_contact(account, channel=channel, at=MONDAY_NOON).kind is Kind.ALLOW

    said("*", False, 30)
    assert not allowed("sms") and not allowed("email")
    said("sms", True, 20)
    assert allowed("sms") and not allowed("email")
    said("*", True, 10)
    assert allowed("email")
    said("email", False, 5)
    assert allowed("sms") and not allowed("email")


def test_a_refusal_of_another_address_does_not_bind_this_one(account):
    other = factories.contact_point(account.debtor, kind="email", position=5)
    Consent.objects.create(debtor=account.debtor, channel="email", contact_point=other, granted=False)
    assert may_contact(account, channel="email", at=MONDAY_NOON).kind is Kind.ALLOW
    assert may_contact(account, channel="email", contact_point=other, at=MONDAY_NOON).kind is Kind.BLOCK


def test_a_hold_on_one_account_leaves_the_other_and_a_hold_on_the_person_leaves_none(account):
    other = factories.account(person=account.debtor, placement=account.portfolio, reachable=False)
    hold = Hold.objects.create(
        debtor=account.debtor, account=account, kind="dispute", blocks=["contact"], reason="x", starts_at=MONDAY_NOON
    )
    assert may_contact(account, channel="sms", at=MONDAY_NOON).kind is Kind.BLOCK
    assert may_contact(other, channel="sms", at=MONDAY_NOON).kind is Kind.ALLOW
    Hold.objects.filter(pk=hold.pk).update(account=None)
    assert may_contact(other, channel="sms", at=MONDAY_NOON).kind is Kind.BLOCK
    assert may_contact(other, channel="sms", at=MONDAY_NOON - timedelta(minutes=1)).kind is Kind.ALLOW


def test_a_hold_that_blocks_only_debits_leaves_contact_open(account):
    Hold.objects.create(debtor=account.debtor, kind="dispute", blocks=["debit"], reason="x", starts_at=MONDAY_NOON)
    assert may_contact(account, channel="sms", at=MONDAY_NOON).kind is Kind.ALLOW


def test_asking_for_a_page_reserves_and_stores_nothing(account):
    may_contact(account, channel="sms", at=MONDAY_NOON)
    assert not ContactCount.objects.exists()
    assert not Decision.objects.exists()


def test_deciding_outside_a_transaction_is_refused(transactional_db):
    ensure_default_policies()
    account = factories.account()
    with pytest.raises(transaction.TransactionManagementError):
        decide(account, channel="sms", purpose="overdue_firm", contact_point=None)


def test_the_default_policies_are_made_once_and_an_edited_one_is_left_alone(db):
    ContactPolicy.objects.filter(name="House rule").update(weekly_cap=2)
    assert ensure_default_policies() == 0
    assert ContactPolicy.objects.get(name="House rule").weekly_cap == 2


def test_a_policy_that_has_ended_does_not_bind(account):
    ContactPolicy.objects.update(effective_until="2026-11-01")
    assert may_contact(account, channel="sms", at=MONDAY_NOON).kind is Kind.REVIEW


def two_at_once(accounts, monkeypatch) -> list[Kind]:
    """Both workers reach the judgement before either goes on, as far as the locks let them."""
    meeting = threading.Barrier(2)
    judge = judging.evaluate

    def judge_together(*given):
        verdict = judge(*given)
        with suppress(threading.BrokenBarrierError):  # the other one is waiting for our lock, as it should
            meeting.wait(timeout=1)
        return verdict

    monkeypatch.setattr(judging, "evaluate", judge_together)

    def work(account):
        try:
            return ask(account).verdict.kind
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, accounts))


@pytest.fixture
def two_accounts_of_one_person(transactional_db):
    ensure_default_policies()
    first = factories.account()
    return first, factories.account(person=first.debtor, placement=first.portfolio, reachable=False)


def test_of_two_last_permitted_contacts_at_once_exactly_one_passes(two_accounts_of_one_person, monkeypatch):
    kinds = two_at_once(two_accounts_of_one_person, monkeypatch)
    assert sorted(kinds) == [Kind.ALLOW, Kind.DEFER]
    assert ContactCount.objects.get().count == 1


def test_without_the_lock_both_would_pass(two_accounts_of_one_person, monkeypatch):
    monkeypatch.setattr(services, "lock_debtor", lambda debtor_id: None)
    kinds = two_at_once(two_accounts_of_one_person, monkeypatch)
    assert kinds == [Kind.ALLOW, Kind.ALLOW]
    assert ContactCount.objects.get().count == 2
