"""One statement that keeps a notice once, however often and however many at a time it is delivered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection

from common.clock import now
from wallets.models import Provider

_STORE = """
    INSERT INTO payments_providerevent
        (provider_id, dedupe_key, kind, merchant_reference, facts, outcome, reason, times_received, received_at, tries)
    VALUES (%s, %s, %s, %s, %s::jsonb, %s, %s, 1, %s, 0)
    ON CONFLICT (provider_id, dedupe_key) DO UPDATE
        SET times_received = payments_providerevent.times_received + 1
    RETURNING id, times_received
"""


def store(
    provider: Provider,
    *,
    key: str,
    kind: str,
    reference: str = "",
    facts: Mapping[str, Any] | None = None,
    outcome: str = "received",
    reason: str = "",
) -> tuple[int, int]:
    """The row's id and how often it has come."""
    content = json.dumps(dict(facts or {}), allow_nan=False)
    values = (provider.pk, key[:160], kind, reference[:64], content, outcome, reason[:200], now())
    with connection.cursor() as cursor:
        cursor.execute(_STORE, values)
        row_id, times = cursor.fetchone()
    return row_id, times
