"""The business record: it only grows, and tampering shows."""

from __future__ import annotations

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


@pytest.fixture
def sealed_record(transactional_db):
    account = factories.account()
    for number in range(5):
        record_event("note.added", account=account, number=number)
        if number == 2:
            seal_events()
    seal_events()
    return account


def test_the_database_refuses_to_change_an_event(account):
    record_event("note.added", account=account)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.update(kind="other")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.all().delete()


def test_an_untouched_record_verifies(sealed_record):
    assert EventSeal.objects.count() == 2
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
    assert seal_events().count == 1


def test_an_event_of_an_account_names_its_debtor_and_creditor(account):
    event = record_event("note.added", account=account, words="called back")
    assert (event.debtor_id, event.creditor_id) == (account.debtor_id, account.creditor_id)
