"""How many may do the same thing at once, on however many machines: places kept by PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection

logger = logging.getLogger(__name__)


@contextmanager
def turn(name: str, places: int = 1) -> Iterator[bool]:
    """Whether one of the `places` was free. It is kept to the end of the block; one killed loses it with its session.

    It spares work, and keeps nothing safe: a session that breaks loses its place while the block still runs.
    """
    place = next((number for number in range(places) if _ask("pg_try_advisory_lock", name, number)), None)
    try:
        yield place is not None
    finally:
        if place is not None:
            _give_back(name, place)


def _give_back(name: str, place: int) -> None:
    try:
        _ask("pg_advisory_unlock", name, place)
    except Error:
        # The session must not live on with the place: a worker keeps its connection from task to task.
        logger.warning("a turn ended with its connection", extra={"turn": name})
        connection.close()


def _ask(function: str, name: str, place: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtext(%s), %s)", [f"turn {name}", place])
        return bool(cursor.fetchone()[0])
