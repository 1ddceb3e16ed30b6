"""A PostgreSQL of the tests' own crashes in the middle of a batch, or its disk is full. Nothing is lost or doubled."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress

import pytest
from django.db import DatabaseError, close_old_connections, connection, connections

from launcher.errors import LauncherError
from payments.debits import debit_due_instalments
from payments.models import Attempt
from tests.faults.servers import can_starve, copied_into, own_postgres
from tests.faults.settling import all_debited, due_debits, sound, tick

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
SEED = 2026


@pytest.fixture(scope="module")
def own_cluster(django_db_setup, django_db_blocker):
    try:
        with own_postgres(small=True) as own, django_db_blocker.unblock(), copied_into(own):
            yield own
    except LauncherError as error:
        pytest.skip(f"needs a PostgreSQL of its own: {error.message}")


@pytest.fixture
def postgres(own_cluster, wallet, alipay):
    """Running again when the test is over, whatever was done to it."""
    yield own_cluster
    own_cluster.free_the_disk()
    own_cluster.start_again()


def work_as_a_worker_does():
    """A tick whose task fails is logged by Celery; the next one begins with a sound connection."""
    while True:
        close_old_connections()
        with suppress(DatabaseError):
            tick()
        time.sleep(0.01)


def test_a_crash_between_the_wallets_answer_and_our_commit_is_found_out(postgres, wallet, workers):
    accounts = due_debits(wallet, 6)
    child = workers.fork(work_as_a_worker_does, **workers.stop_at("after_answer"))
    workers.wait_until_reached("after_answer")
    postgres.crash()
    workers.go_on("after_answer")
    time.sleep(0.5)  # the worker meets the database that is not there
    postgres.start()
    wallet.move_clock(minutes=3)
    taken = wallet.debits()
    assert taken > Attempt.objects.filter(state="succeeded").count(), "money moved that no book knows of yet"
    workers.kill_fork(child)
    assert sound(wallet) and wallet.debits() == 6 and all_debited(accounts)


def test_a_restart_and_crashes_at_random_moments_under_two_workers_lose_and_double_nothing(postgres, wallet, workers):
    accounts, chance = due_debits(wallet, 16), random.Random(SEED)
    children = [workers.fork(work_as_a_worker_does) for _worker in range(2)]
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        time.sleep(0.1 + chance.random() / 3)
        postgres.crash(number)
        postgres.start()
        wallet.move_clock(minutes=3)
    for child in children:
        workers.kill_fork(child)
    assert sound(wallet) and wallet.debits() == 16 and all_debited(accounts)


@pytest.fixture(params=["mounted", "limited"])
def starved(request, postgres):
    """Its disk can be filled: a small one of its own, which only root may mount; or Linux takes no more from it."""
    mounted = postgres.disk.is_mount()
    if request.param == "mounted" and not mounted:
        pytest.skip("needs a small disk of its own, which only root may mount; the other way is tried")
    if request.param == "limited":
        postgres.disk_is_small = False
    if not can_starve(postgres):
        pytest.skip("needs Linux, which sets limits to processes")
    yield postgres
    postgres.free_the_disk()
    postgres.disk_is_small = mounted


def test_a_full_disk_stops_the_work_and_forgets_nothing_of_it(starved, wallet, workers):
    before = due_debits(wallet, 2)
    tick()
    accounts = due_debits(wallet, 6)
    assert all_debited(before)
    child = workers.fork(lambda: debit_due_instalments(batch=4), **workers.stop_at("after_answer"))
    workers.wait_until_reached("after_answer")
    starved.fill_the_disk()
    assert not room_left(), "the disk is full"
    workers.go_on("after_answer")
    os.waitpid(child, 0)
    for _turn in range(3):
        connections.close_all()
        with suppress(DatabaseError):
            tick()
    starved.free_the_disk()
    starved.start_again()
    assert sound(wallet) and wallet.debits() == 8 and all_debited(accounts) and all_debited(before)


def room_left() -> bool:
    """Whether so much as a small table can still be written."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE filler AS SELECT repeat('x', 2000) FROM generate_series(1, 5000)")
    except DatabaseError:
        connections.close_all()
        return False
    return True
