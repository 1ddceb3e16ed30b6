import pytest

from tests.faults.workers import Workers
from tests.payments.conftest import alipay, running_wallet, wallet

__all__ = ["alipay", "running_wallet", "wallet"]


@pytest.fixture
def workers(tmp_path):
    crew = Workers(tmp_path)
    yield crew
    crew.stop_all()
