"""The business record: it only grows, and tampering shows."""

from __future__ import annotations

import time

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.events import broken_seals, record_event, seal_events
from accounts.models import Event, EventSeal
from tests import factories


def tamper(sql: str) -> None:
    """What someone with full power over the database could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("RESET session_replication_role")


def seal_when_quiet() -> EventSeal:
    """Transactions of tests beside this one hold the horizon back: seal as soon as they are over."""
    for _ in range(600):
        if seal := seal_events():
            return seal
        time.sleep(0.1)
    raise AssertionError("the horizon never passed")


@pytest.fixture
def sealed_record(transactional_db):
    account = factories.account()
    for number in range(5):
        record_event("note.added", account=account, number=number)
        if number == 2:
            seal_when_quiet()
    seal_when_quiet()
    return account


def test_the_database_refuses_to_change_an_event(account):
    record_event("note.added", account=account)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.update(kind="other")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.all().delete()


def test_an_untouched_record_verifies(sealed_record):
    assert EventSeal.objects.count() >= 2
    assert list(broken_seals()) == []


def test_sealing_again_without_news_adds_nothing(sealed_record):
    assert seal_events() is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE accounts_event SET data = '{\"number\": 99}' WHERE id = (SELECT min(id) FROM accounts_event)",
        "DELETE FROM accounts_event WHERE id = (SELECT max(id) FROM accounts_event)",
        "INSERT INTO accounts_event (kind, source, data, happened_at, xid)"
        " SELECT 'forged', 'system', '{}', now(), min(xid) FROM accounts_event",
        "DELETE FROM accounts_eventseal WHERE number = (SELECT min(number) FROM accounts_eventseal)",
    ],
    ids=["changed", "removed", "slipped in", "seal removed"],
)
def test_tampering_shows(sealed_record, sql):
    tamper(sql)
    assert list(broken_seals()) != []


def test_an_event_still_being_written_waits_for_the_next_block(sealed_record):
    with transaction.atomic():
        record_event("note.added", account=sealed_record)
        assert seal_events() is None
    assert seal_when_quiet().count == 1


def test_an_event_of_an_account_names_its_debtor_and_creditor(account):
    event = record_event("note.added", account=account, words="called back")
    assert (event.debtor_id, event.creditor_id) == (account.debtor_id, account.creditor_id)
