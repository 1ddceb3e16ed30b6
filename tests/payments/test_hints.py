"""Hints to the workers: every notice is told once, many in one message, and nobody waits for the telling."""

from __future__ import annotations

import os
import threading

from payments.hints import MOST_IN_ONE, Hints


class Heard:
    def __init__(self, expected: int) -> None:
        self.messages: list[list[int]] = []
        self._expected, self.all_told = expected, threading.Event()

    def __call__(self, ids) -> None:
        self.messages.append(list(ids))
        if len(self.ids) >= self._expected:
            self.all_told.set()

    @property
    def ids(self) -> list[int]:
        return [one for message in self.messages for one in message]


def test_what_comes_together_is_told_together_and_each_once():
    heard = Heard(100)
    hints = Hints(heard)
    for number in range(100):
        hints.add(number)
    assert heard.all_told.wait(10)
    assert heard.ids == list(range(100)) and len(heard.messages) < 100
    assert all(len(message) <= MOST_IN_ONE for message in heard.messages)


def test_several_threads_lose_nothing():
    heard = Heard(400)
    hints = Hints(heard)
    threads = [threading.Thread(target=lambda n=n: [hints.add(n * 100 + i) for i in range(100)]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard.all_told.wait(10) and sorted(heard.ids) == list(range(400))


def test_a_slow_broker_keeps_nobody_waiting():
    let_go, heard = threading.Event(), Heard(2)

    def slow(ids) -> None:
        assert let_go.wait(10)
        heard(ids)

    hints = Hints(slow)
    hints.add(1)
    hints.add(2)
    assert not heard.messages, "the caller is back although nothing was told"
    let_go.set()
    assert heard.all_told.wait(10) and heard.ids == [1, 2]


def test_a_forked_process_tells_its_own():
    heard = Heard(1)
    hints = Hints(heard)
    hints.add(1)
    assert heard.all_told.wait(10)
    child = os.fork()
    if not child:
        heard.all_told.clear()
        hints.add(2)
        os._exit(0 if heard.all_told.wait(10) and heard.ids == [1, 2] else 1)
    assert os.waitpid(child, 0)[1] == 0
