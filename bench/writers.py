"""Processes that post at the same time, each through a connection of its own: as workers and web processes do.

A process is told in one line what to do and how often, and answers with the processor time it and its server took.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.db import connection

from bench.effort import Effort

ROOT = Path(__file__).resolve().parent.parent
PLACE = ("ENGINE", "HOST", "PORT", "USER", "PASSWORD")
Tasks = Mapping[str, Callable[[int], object]]


def serve(tasks: Tasks) -> None:
    """The other side: reads `task number` line by line until there are no more."""
    print("0 0", flush=True)
    for line in sys.stdin:
        name, number = line.split()
        spent = Effort()
        spent.spend(lambda name=name, number=number: tasks[name](int(number)))
        print(spent.wall, spent.cpu, flush=True)


class Writers:
    """`do` has the first few of them share the work, and tells what all of it took."""

    def __init__(self, processes: Sequence[subprocess.Popen]):
        self.processes = processes

    def do(self, task: str, number: int, *, by: int) -> Effort:
        chosen, began = self.processes[:by], time.perf_counter()
        for process in chosen:
            _say(process, f"{task} {number // by}")
        answers = [_hear(process) for process in chosen]
        return Effort(time.perf_counter() - began, sum(answer.cpu for answer in answers))


@contextmanager
def started(module: str, number: int, *, database: str) -> Iterator[Writers]:
    """They begin one after another, so that the first may make tables. Each is told its number and where to post."""
    place = {key: connection.settings_dict[key] for key in PLACE} | {"NAME": database}
    with ExitStack() as running:
        processes = [running.enter_context(_process(module, nth, place)) for nth in range(number)]
        yield Writers(processes)


@contextmanager
def _process(module: str, nth: int, place: Mapping[str, object]) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-m", module, str(nth)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        _say(process, repr(dict(place)))
        _hear(process)
        yield process
    finally:
        process.stdin.close()
        process.wait()


def _say(process: subprocess.Popen, line: str) -> None:
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _hear(process: subprocess.Popen) -> Effort:
    if not (answer := process.stdout.readline()):
        raise RuntimeError("A process that posts ended early; its reason is above.")
    return Effort(*map(float, answer.split()))
