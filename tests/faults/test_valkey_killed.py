"""Real Celery workers and beats on a Valkey that is killed and emptied. Everything due is found in PostgreSQL again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.models import Account
from common.models import Heartbeat
from launcher.errors import LauncherError
from payments.models import Attempt, ProviderEvent
from tests import factories
from tests.faults.servers import own_valkey
from tests.faults.settling import all_debited, due_debits, sound
from tests.faults.workers import ROOT, environment
from tests.payments.helpers import open_page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
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
        process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
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


@pytest.fixture(scope="module")
def valkey():
    try:
        with own_valkey() as own:
            yield own
    except LauncherError as error:
        pytest.skip(f"needs a Valkey of its own: {error.message}")


@pytest.fixture
def crew(valkey, tmp_path, db):
    crew = Crew(valkey.url, tmp_path)
    yield crew
    crew.stop()


@pytest.fixture(autouse=True)
def no_hint(monkeypatch):
    """The hint to look at a notice is lost with the broker."""
    monkeypatch.setattr("payments.tasks.enqueue_event", lambda event_id: None)


def eventually(look: Callable[[], object], what: str) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not look():
        assert time.monotonic() < ends, f"{what} did not happen"
        time.sleep(0.1)


def at_work() -> bool:
    return Heartbeat.objects.filter(name__in=["debit_due", "provider_events", "look_up_attempts"]).count() == 3


def test_two_beats_and_two_workers_debit_everybody_once(wallet, alipay, crew):
    accounts = due_debits(wallet, 6)
    for start in (crew.beat, crew.beat, crew.worker, crew.worker):
        start()
    eventually(lambda: all_debited(accounts), "six debits")
    eventually(at_work, "a sign of life of each task")
    crew.stop()
    assert wallet.debits() == 6 and Attempt.objects.count() == 6 and sound(wallet)


def test_a_valkey_killed_and_emptied_with_work_in_it_loses_nothing(wallet, alipay, valkey, crew):
    payer = factories.account()
    wallet.pay(open_page(payer).action.url)
    wallet.hand_over(wallet.notices()[0])
    crew.beat()
    first, second = crew.worker(), crew.worker()
    eventually(at_work, "the crew's beginning")
    accounts = due_debits(wallet, 4)
    crew.kill(first)
    wallet.control.fault("timeout_after_commit", method="alipay.trade.pay", times=2)
    valkey.kill_and_empty()
    late = factories.account()
    wallet.pay(open_page(late).action.url)
    assert wallet.hand_over(wallet.notices()[-1]).content == b"success"
    valkey.start()
    eventually(lambda: all_debited(accounts), "the debits")
    eventually(lambda: not Account.objects.filter(pk__in=[payer.pk, late.pk], balance_minor__gt=0), "both payments")
    assert second.poll() is None, "the worker outlived its broker"
    crew.stop()
    assert wallet.debits() == 6 and not ProviderEvent.objects.filter(outcome="received").exists() and sound(wallet)
