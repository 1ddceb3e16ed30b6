"""Real Celery workers and beats on a Valkey that is killed and emptied. Everything due is found in PostgreSQL again."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from accounts.models import Account
from common.models import Heartbeat
from launcher.errors import LauncherError
from payments.models import Attempt, ProviderEvent
from tests import factories
from tests.faults.crew import PATIENCE_SECONDS, Crew
from tests.faults.servers import own_valkey
from tests.faults.settling import all_debited, due_debits, sound
from tests.payments.helpers import open_page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


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
