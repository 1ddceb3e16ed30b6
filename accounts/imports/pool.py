"""Chunks worked on side by side: each worker is a process of its own with its own database connection.

A worker runs whole chunks (understand, seal, COPY, upsert), so nothing but rows and counts crosses the pipe. Workers
end by themselves when the pipe closes, also when the parent was killed; the chunk they are in commits whole or not.
"""

from __future__ import annotations

import contextlib
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


class Alone:
    """The same work in this process, for what is too small to start others."""

    def __init__(self, facts: JobFacts) -> None:
        self._importer = ChunkImporter(facts)

    def __call__(self, chunks: Iterable[Chunk]) -> Iterator[ChunkResult]:
        return (self._importer.run(chunk) for chunk in chunks)

    def __enter__(self) -> Alone:
        return self

    def __exit__(self, *_error: object) -> None:
        pass


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
            with contextlib.suppress(BrokenPipeError):
                self._send_to.close()  # type: ignore[union-attr]
            self._process.wait()


class Team:
    """Worker processes for one job. They start at once, so that they are ready when the first chunk is."""

    def __init__(self, facts: JobFacts, *, workers: int = WORKERS) -> None:
        self._waiting: queue.Queue[_Item] = queue.Queue()
        self._answers: queue.Queue[Any] = queue.Queue()
        self._workers = [_Worker(facts, self._waiting, self._answers) for _ in range(workers)]
        for worker in self._workers:
            worker.start()

    def __call__(self, chunks: Iterable[Chunk]) -> Iterator[ChunkResult]:
        """Results as they come, in any order. An error in a worker is raised here."""
        pending = 0
        for chunk in chunks:
            self._waiting.put(chunk)
            pending += 1
            while pending >= len(self._workers) + _AHEAD:
                pending -= 1
                yield _checked(self._answers.get())
        while pending:
            pending -= 1
            yield _checked(self._answers.get())

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *_error: object) -> None:
        """Chunks nobody has begun are dropped: they are still to do and the next run finds them."""
        while not self._waiting.empty():
            with contextlib.suppress(queue.Empty):
                self._waiting.get_nowait()
        for _worker in self._workers:
            self._waiting.put(None)
        for worker in self._workers:
            worker.join()


def _checked(answer: Any) -> ChunkResult:
    if isinstance(answer, BaseException):
        raise answer
    return answer
