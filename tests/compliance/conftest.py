from __future__ import annotations

from datetime import UTC, datetime

import pytest

from compliance.services import ensure_default_policies

MONDAY_NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, where the cast lives


@pytest.fixture
def house_rules(db):
    ensure_default_policies()
