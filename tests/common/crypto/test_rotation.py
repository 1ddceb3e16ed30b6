import io
import os
import signal
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from common.crypto import key_file, rotation
from common.crypto.columns import sealed_tables
from common.crypto.errors import UnknownKey
from common.crypto.keys import keyring, reload_keys

PEOPLE = 12


@pytest.fixture
def people(person_model, transactional_db, monkeypatch):
    monkeypatch.setattr(rotation, "WAIT_SECONDS", 0.05)
    for number in range(PEOPLE):
        person = person_model.objects.create(name=f"First {number}", email=f"p{number}@example.com")
        person.name = f"Person {number}"
        person.save()
    return person_model


def rotate(**options):
    out = io.StringIO()
    call_command("rotate_keys", stdout=out, **options)
    return out.getvalue()


def keys_in_use():
    sql = " UNION ".join(
        f"SELECT split_part({column}, ':', 1) FROM {table.table} WHERE {column} <> ''"
        for table in sealed_tables()
        for column in table.columns
        if table.table.startswith("crypto_testapp")
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {row[0] for row in cursor.fetchall()}


def assert_everything_opens(person_model):
    # Ids made in the same millisecond have no order among them.
    people = {(row.name, row.email) for row in person_model.objects.all()}
    assert people == {(f"Person {n}", f"p{n}@example.com") for n in range(PEOPLE)}
    events = person_model.pgh_event_model.objects.order_by("pgh_id")
    assert [event.name for event in events] == [f"First {n}" for n in range(PEOPLE)]


def in_another_connection(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def test_rotation_moves_rows_and_history_to_the_new_key_and_writes_no_history(people):
    former = keyring().active_id
    rotate(batch=5)
    assert keys_in_use() == {keyring().active_id} != {former}
    assert_everything_opens(people)


def test_a_second_rotation_makes_another_key(people):
    rotate()
    first = keyring().active_id
    rotate()
    assert keys_in_use() == {keyring().active_id} != {first}


def test_a_write_between_reading_and_storing_wins(people, monkeypatch):
    real, written = rotation.store, []

    def write_first(table, changes):
        if table.table == "crypto_testapp_person" and not written:
            written.append(changes[0][0])
            in_another_connection(lambda: overwrite(changes[0][0]))
        return real(table, changes)

    def overwrite(pk):
        row = people.objects.get(pk=pk)
        row.name = "Written Meanwhile"
        row.save()

    monkeypatch.setattr(rotation, "store", write_first)
    rotate(batch=4)
    assert people.objects.get(pk=written[0]).name == "Written Meanwhile"
    assert keys_in_use() == {keyring().active_id}


def test_a_writer_that_still_uses_the_former_key_is_met_in_the_next_pass(people, monkeypatch):
    real, former, late = rotation.store, keyring().active_cipher, []
    former_id = keyring().active_id

    def write_with_former_key(table, changes):
        moved = real(table, changes)
        if table.table == "crypto_testapp_person" and not late:
            late.append(changes[0][0])
            in_another_connection(lambda: store_stale(changes[0][0]))
        return moved

    def store_stale(pk):
        import base64

        nonce = os.urandom(12)
        body = nonce + former.encrypt(nonce, b"Late Writer", f"crypto_testapp_person.name.{pk}".encode())
        with connection.cursor() as cursor:
            sealed = f"{former_id}:{base64.b64encode(body).decode()}"
            cursor.execute("UPDATE crypto_testapp_person SET name = %s WHERE id = %s", [sealed, pk])

    monkeypatch.setattr(rotation, "store", write_with_former_key)
    rotate(batch=3)
    assert people.objects.get(pk=late[0]).name == "Late Writer"
    assert keys_in_use() == {keyring().active_id}


def test_rotation_never_waits_for_a_row_that_a_writer_holds(people, monkeypatch):
    held, done = threading.Event(), threading.Event()
    real, passes, released = rotation._rotate_table, [], []

    def hold():
        with transaction.atomic():
            people.objects.select_for_update().first()
            held.set()
            released.append(done.wait(5))
        connection.close()

    def count_passes(table, *args, **options):
        passes.append(table.table)
        if passes.count("crypto_testapp_person") == 2:
            done.set()
            holder.join(20)
        return real(table, *args, **options)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(20)
    monkeypatch.setattr(rotation, "_rotate_table", count_passes)
    rotate()
    assert released == [True]
    assert keys_in_use() == {keyring().active_id}
    assert_everything_opens(people)


@pytest.mark.faults
def test_a_rotation_killed_in_the_middle_goes_on_with_the_same_key(people, monkeypatch):
    former = keyring().active_id
    connection.close()
    child = os.fork()
    if child == 0:
        real, stored = rotation.store, []

        def kill_at_third(table, changes):
            stored.append(changes)
            if len(stored) == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(table, changes)

        rotation.store = kill_at_third
        rotate(batch=2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    target = reload_keys().active_id
    assert keys_in_use() == {former, target}
    assert f"going on with the rotation to {target}" in rotate(batch=2)
    assert keyring().active_id == target
    assert keys_in_use() == {target}
    assert keyring().rotating_to == ""
    assert_everything_opens(people)


def test_a_value_that_does_not_open_is_named_and_the_rest_moves(people):
    broken = people.objects.first()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crypto_testapp_person SET name = mail_sealed WHERE id = %s", [broken.pk])
    former = keyring().active_id
    with pytest.raises(CommandError, match=f"1 rows do not open.*{broken.pk}"):
        rotate()
    assert keys_in_use() == {former, keyring().active_id}
    assert former in rotate(retire=True, grace_hours=0)
    assert former in keyring().keys
    broken.delete()
    people.pgh_event_model.objects.order_by("-pgh_id").first().delete()
    assert "going on" in rotate()


def test_a_key_is_dropped_only_when_no_row_uses_it_and_its_time_is_over(people):
    former = keyring().active_id
    content = key_file.read(key_directory())
    key_file.write(key_directory(), content.with_new_active_key().with_rotation_finished())
    assert f"kept {former}: still used in" in rotate(retire=True, grace_hours=0)
    rotate()
    assert f"kept {former}: replaced too recently" in rotate(retire=True)
    assert former in rotate(retire=True, grace_hours=0)
    assert list(keyring().keys) == [keyring().active_id]
    assert_everything_opens(people)


def test_a_value_under_a_dropped_key_says_which_key_is_missing(people):
    former = keyring().active_id
    content = key_file.read(key_directory()).with_new_active_key()
    key_file.write(key_directory(), content.without({former}))
    reload_keys()
    with pytest.raises(UnknownKey) as refusal:
        people.objects.first().name  # noqa: B018 (reading is what fails)
    assert refusal.value.details == {"key": former}


def test_the_key_encryption_key_is_renewed_without_touching_rows(people):
    before = list(people.objects.order_by("id").values_list("name", flat=True))
    wrapping = (key_directory() / "key_encryption_key").read_text()
    rotate(kek=True)
    assert (key_directory() / "key_encryption_key").read_text() != wrapping
    assert list(people.objects.order_by("id").values_list("name", flat=True)) == before
    assert_everything_opens(people)


def key_directory():
    from django.conf import settings

    return settings.SECRETS_DIR
