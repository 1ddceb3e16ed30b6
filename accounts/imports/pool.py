"""Chunks worked on side by side: each worker is a process of its own with its own database connection.

A worker runs whole chunks (understand, seal, COPY, upsert), so nothing but rows and counts crosses the pipe. Workers
end by themselves when the pipe closes, also when the parent was killed; the chunk they are in commits whole or not.
"""

from __future__ import annotations

import os
import pickle  # the two ends are the same program on the same machine, joined by a private pipe
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import IO, Any

from django.conf import settings
from django.db import connection

from accounts.imports.chunk import Chunk, ChunkImporter, ChunkResult, JobFacts

WORKERS = min(2, os.cpu_count() or 1)
_LENGTH_BYTES = 8
_AHEAD = 2
_Item = Chunk | None


def send(pipe: IO[bytes], value: object) -> None:
    body = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(len(body).to_bytes(_LENGTH_BYTES, "big") + body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """The next value, or None at the end of the pipe."""
    head = pipe.read(_LENGTH_BYTES)
    if len(head) < _LENGTH_BYTES:
        return None
    return pickle.loads(pipe.read(int.from_bytes(head, "big")))  # noqa: S301 - see the import


def run_here(facts: JobFacts, chunks: Iterable[Chunk]) -> Iterator[ChunkResult]:
    importer = ChunkImporter(facts)
    return (importer.run(chunk) for chunk in chunks)


def _surroundings() -> dict[str, Any]:
    """What makes the worker's settings the same as ours, also where tests have changed them."""
    return {
        "database": connection.settings_dict["NAME"],
        "data": str(settings.DATA_DIR),
        "secrets": str(settings.SECRETS_DIR),
    }


class _Worker(threading.Thread):
    """A thread that feeds one process and collects its answers."""

    def __init__(self, facts: JobFacts, chunks: queue.Queue[_Item], answers: queue.Queue[Any]) -> None:
        super().__init__(daemon=True)
        self._chunks, self._answers = chunks, answers
        self._process = subprocess.Popen(
            [sys.executable, "-m", "accounts.imports.worker"],
            cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._send_to, self._read_from = self._process.stdin, self._process.stdout
        self._first = (_surroundings(), facts)

    def run(self) -> None:
        try:
            send(self._send_to, self._first)  # type: ignore[arg-type]
            while (chunk := self._chunks.get()) is not None:
                send(self._send_to, chunk)  # type: ignore[arg-type]
                self._answers.put(receive(self._read_from) or RuntimeError("an import worker stopped"))  # type: ignore[arg-type]
        except OSError as error:
            self._answers.put(error)
        finally:
            self._send_to.close()  # type: ignore[union-attr]
            self._process.wait()


def run_beside(facts: JobFacts, chunks: Iterable[Chunk], *, workers: int = WORKERS) -> Iterator[ChunkResult]:
    """Results as they come, in any order. An error in a worker is raised here once the others have stopped."""
    waiting: queue.Queue[_Item] = queue.Queue()
    answers: queue.Queue[Any] = queue.Queue()
    team = [_Worker(facts, waiting, answers) for _ in range(workers)]
    for worker in team:
        worker.start()
    pending = 0
    try:
        for chunk in chunks:
            waiting.put(chunk)
            pending += 1
            while pending >= workers + _AHEAD:
                pending -= 1
                yield _checked(answers.get())
        while pending:
            pending -= 1
            yield _checked(answers.get())
    finally:
        _dismiss(team, waiting)


def _checked(answer: Any) -> ChunkResult:
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _dismiss(team: list[_Worker], waiting: queue.Queue[_Item]) -> None:
    """Chunks nobody has begun are dropped: they are still to do and the next run finds them."""
    while not waiting.empty():
        try:
            waiting.get_nowait()
        except queue.Empty:
            break
    for _worker in team:
        waiting.put(None)
    for worker in team:
        worker.join()
