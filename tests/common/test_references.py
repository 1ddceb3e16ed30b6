"""References kept by statement triggers instead of foreign keys: as strict as what they replace."""

import threading

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from accounts.models import Account, ContactPoint, Debtor
from common.clock import now
from common.ids import uuid7
from payments.models import JournalEntry
from tests import factories

# Pointers that the database deliberately leaves alone: of append-only rows (decision 0005, row history), of work to do
# that triggers write and a tick takes away again, and of the work list, which is worked out anew all the time.
UNCHECKED = {"accounts_event", "payments_replaydue", "accounts_workitem"}


def _bare_references() -> list[tuple[str, str]]:
    return [
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey) and not field.db_constraint and not field.name.startswith("pgh_")
    ]


@pytest.mark.django_db
def test_every_reference_without_a_foreign_key_is_checked_by_triggers_on_both_sides():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, tgrelid::regclass::text FROM pg_trigger")
        triggers = set(cursor.fetchall())
        cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE proname LIKE '%%_parents_exist'")
        sources = dict(cursor.fetchall())
    names = {name for name, _table in triggers}
    for table, column in _bare_references():
        if table in UNCHECKED or table.endswith("change"):
            continue
        assert ("parents_exist", table) in triggers and ("parents_still_exist", table) in triggers
        assert f"{table}.{column} refers to" in sources[f"{table}_parents_exist"]
        assert f"{table}_{column}_kept" in names


@pytest.mark.django_db
def test_a_contact_point_of_nobody_is_refused():
    with pytest.raises(IntegrityError, match="does not exist"), transaction.atomic():
        ContactPoint.objects.create(debtor_id=uuid7(), kind="email", value="mei@example.com")


@pytest.mark.django_db
def test_an_account_cannot_be_moved_to_nobody():
    account = factories.account()
    with pytest.raises(IntegrityError, match="does not exist"), transaction.atomic():
        Account.objects.filter(pk=account.pk).update(debtor_id=uuid7())


@pytest.mark.django_db
def test_an_entry_of_no_creditor_is_refused_and_a_creditor_with_entries_stays():
    account = factories.account()
    assert JournalEntry.objects.filter(creditor=account.creditor).exists()
    with pytest.raises(IntegrityError, match="does not exist"), transaction.atomic():
        JournalEntry.objects.create(kind="payment", creditor_id=0, idempotency_key="nobody", effective_at=now())
    with pytest.raises(IntegrityError, match="still referred to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_creditor WHERE id = %s", [account.creditor_id])


@pytest.mark.django_db
def test_one_orphan_among_many_rows_stops_the_statement():
    account = factories.account()
    before = ContactPoint.objects.count()
    points = [
        ContactPoint(debtor=account.debtor, kind="email", value=f"mei{number}@example.com") for number in range(9)
    ]
    points.append(ContactPoint(debtor_id=uuid7(), kind="email", value="nobody@example.com"))
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactPoint.objects.bulk_create(points)
    assert ContactPoint.objects.count() == before


@pytest.mark.django_db
def test_a_debtor_with_an_account_cannot_be_deleted_past_the_models():
    account = factories.account()
    with pytest.raises(IntegrityError, match="still referred to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_debtor WHERE id = %s", [account.debtor_id])


@pytest.mark.django_db
def test_the_key_of_a_referred_row_cannot_change():
    account = factories.account()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_debtor SET id = %s WHERE id = %s", [uuid7(), account.debtor_id])


@pytest.mark.django_db(transaction=True)
def test_a_child_cannot_slip_in_while_its_parent_is_deleted():
    """The deletion waits for the writer, sees the child, and is refused."""
    debtor = Debtor.objects.create(creditor=factories.account().creditor, name="Alone", creditor_reference="alone")
    outcome: list[str] = []

    def delete() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM accounts_debtor WHERE id = %s", [debtor.pk])
            outcome.append("deleted")
        except IntegrityError:
            outcome.append("refused")
        finally:
            connection.close()

    with transaction.atomic():
        ContactPoint.objects.create(debtor=debtor, kind="email", value="alone@example.com")
        rival = threading.Thread(target=delete)
        rival.start()
        rival.join(timeout=0.5)
        assert rival.is_alive(), "the deletion did not wait for the writer"
    rival.join()
    assert outcome == ["refused"]
    assert ContactPoint.objects.filter(debtor=debtor).count() == 1
