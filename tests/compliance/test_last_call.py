"""Two workers, two connections, one call left under a pack's cap: one of them dials."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from compliance import contact_ledger, deciding, services
from compliance.gate import Kind
from compliance.known import known_about
from compliance.models import ContactCount, ContactEntry, ContactPolicy, PolicyPack
from compliance.selectors import usable_contact_point
from compliance.services import decide, ensure_default_policies
from tests import factories
from tests.compliance.conftest import MONDAY_NOON

ROUNDS = 15
SEVEN = {
    "schema": "policy-pack/1",
    "pack": {"id": "trial", "version": "1", "jurisdiction": {"country": "CN"}},
    "rules": [{
        "id": "SEVEN", "type": "cap", "scope": {"roles": "all", "channels": ["voice"]},
        "params": {"count": "attempts", "max": 7, "window": {"kind": "rolling_days", "n": 7}, "per": ["person"]},
    }],
}  # fmt: skip


@pytest.fixture
def caps_of_packs_only(transactional_db):
    ensure_default_policies()
    ContactPolicy.objects.update(daily_cap=999, weekly_cap=999)
    account = factories.account()
    PolicyPack.objects.all().delete()
    factories.in_force(SEVEN)
    return account


def call(account, *, at=MONDAY_NOON) -> Kind:
    point = usable_contact_point(account, channel="voice")
    with transaction.atomic():
        return decide(account, channel="voice", purpose="overdue_firm", contact_point=point, at=at).verdict.kind


def two_at_once(account) -> list[Kind]:
    start = threading.Barrier(2)

    def work(_worker) -> Kind:
        try:
            start.wait(timeout=60)
            return call(account)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(work, range(2)))


def six_calls_before(account) -> None:
    ContactEntry.objects.filter(debtor=account.debtor).delete()
    ContactCount.objects.all().delete()
    ContactEntry.objects.bulk_create(
        ContactEntry(
            debtor=account.debtor, accounts=[account.pk], at=MONDAY_NOON - timedelta(days=day), channel="voice"
        )
        for day in range(1, 7)
    )


def test_of_two_last_permitted_calls_exactly_one_passes_every_time(caps_of_packs_only):
    account = caps_of_packs_only
    for _round in range(ROUNDS):
        six_calls_before(account)
        assert two_at_once(account) == [Kind.ALLOW, Kind.DEFER]
        assert ContactEntry.objects.filter(debtor=account.debtor).count() == 7


def test_without_the_lock_both_would_dial(caps_of_packs_only, monkeypatch):
    """The locks are what holds: without them the rounds above would see two calls sooner or later."""
    account = caps_of_packs_only
    meeting = threading.Barrier(2)
    reserve = contact_ledger.reserve
    monkeypatch.setattr(services, "lock_debtor", lambda debtor_id: None)
    monkeypatch.setattr(deciding, "known_about", lambda ids, *, at, lock: known_about(ids, at=at))

    def reserve_together(*args, **kept):
        meeting.wait(timeout=60)
        return reserve(*args, **kept)

    monkeypatch.setattr(contact_ledger, "reserve", reserve_together)
    six_calls_before(account)
    assert two_at_once(account) == [Kind.ALLOW, Kind.ALLOW]


def test_calls_counted_before_there_was_a_ledger_still_count(caps_of_packs_only):
    account = caps_of_packs_only
    for day in range(1, 7):
        at = MONDAY_NOON - timedelta(days=day)
        ContactCount.objects.create(debtor=account.debtor, day=at.date(), channel="voice", count=1)
    assert call(account) is Kind.ALLOW
    assert call(account, at=MONDAY_NOON + timedelta(minutes=1)) is Kind.DEFER
