from __future__ import annotations

import pytest

from common import clock


@pytest.fixture(autouse=True)
def a_clock_that_moves(settings):
    settings.SANDBOX = True
    clock.forget()
    yield
    clock.forget()
