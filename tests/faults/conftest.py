import pytest

from tests.faults.workers import Workers
from tests.payments.conftest import alipay, running_wallet, wallet
from tests.reminders.conftest import always_open, outbox, ready

__all__ = ["alipay", "always_open", "outbox", "ready", "running_wallet", "wallet"]


@pytest.fixture
def workers(tmp_path):
    crew = Workers(tmp_path)
    yield crew
    crew.stop_all()
