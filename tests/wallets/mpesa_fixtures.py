"""Fixtures of the M-Pesa tests: one simulator per module, a cache of this process only."""

import pytest

from tests.wallets.mpesa_harness import MPesaHarness, RatibaHarness, harness
from wallets.sandbox.testing import running_sandbox

LOCAL = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.fixture(scope="module")
def mpesa_sandbox(wallet_secrets):
    with running_sandbox(wallet_secrets, only=("mpesa",)) as running:
        yield running


@pytest.fixture
def mpesa(mpesa_sandbox, settings):
    settings.CACHES = LOCAL
    with harness(MPesaHarness, mpesa_sandbox) as made:
        yield made


@pytest.fixture
def ratiba(mpesa_sandbox, settings):
    settings.CACHES = LOCAL
    with harness(RatibaHarness, mpesa_sandbox) as made:
        yield made
