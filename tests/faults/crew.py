"""Beats and money workers of Celery in processes of their own, with a beat in a hurry, that a test may kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.faults.workers import ROOT, environment

PATIENCE_SECONDS = 90


class Crew:
    """Beats and money workers as the launcher starts them."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.running: list[subprocess.Popen] = []

    def worker(self) -> subprocess.Popen:
        name = f"money{len(self.running)}@%h"
        quiet = ["--without-gossip", "--without-mingle", "--loglevel", "CRITICAL"]
        return self._celery("worker", "--hostname", name, "--queues", "money", "--concurrency", "1", *quiet)

    def beat(self) -> subprocess.Popen:
        schedule = self.folder / f"schedule{len(self.running)}"
        return self._celery("beat", "--schedule", str(schedule), "--pidfile=", "--loglevel", "CRITICAL")

    def _celery(self, *arguments: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "celery", "-A", "tests.faults.hurried_celery", *arguments]
        env = environment(REDIS_URL=self.url, LOG_LEVEL="CRITICAL")
        with (self.folder / "celery.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=env, start_new_session=True, stdout=log, stderr=subprocess.STDOUT
            )
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen) -> None:
        """With its children, as the kernel does when memory runs out."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                self.kill(process)
