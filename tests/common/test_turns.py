"""Only so many do a thing at once, whoever and wherever they are; who dies or fails leaves the place to the next."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, connections, transaction

from common.turns import turn

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def somebody_at_work(name: str, places: int = 1):
    """Another worker, with a session of its own, at work until the block ends."""
    begun, done, found = threading.Event(), threading.Event(), []

    def work():
        try:
            with turn(name, places) as free:
                found.append(free)
                begun.set()
                done.wait(10)
        finally:
            connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    assert begun.wait(10)
    try:
        yield found[0]
    finally:
        done.set()
        worker.join(10)


def is_free(name: str, places: int = 1) -> bool:
    with turn(name, places) as free:
        return free


def test_a_second_one_is_turned_away_and_may_come_later():
    with somebody_at_work("sweeping") as free:
        assert free and not is_free("sweeping") and is_free("dusting")
    assert is_free("sweeping")


def test_as_many_as_there_are_places():
    with somebody_at_work("sweeping", 2) as first, somebody_at_work("sweeping", 2) as second:
        assert first and second and not is_free("sweeping", 2) and is_free("sweeping", 3)


def test_who_was_turned_away_takes_no_place_with_it():
    with somebody_at_work("sweeping"), turn("sweeping") as free:
        assert not free
    with somebody_at_work("sweeping") as free:
        assert free


def test_work_that_fails_leaves_its_place_also_when_its_session_is_of_no_use_any_more():
    with pytest.raises(ZeroDivisionError), turn("sweeping"):
        raise ZeroDivisionError
    with pytest.raises(DatabaseError), transaction.atomic(), turn("sweeping"), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    with somebody_at_work("sweeping") as free:
        assert free
