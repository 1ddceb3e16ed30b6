"""Keeps personal data out of the logs."""

from __future__ import annotations

from typing import Any

PRIVATE_KEYS = frozenset({"name", "email", "phone", "address", "token", "authorization", "password", "body", "to"})


def redact_event(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: "[redacted]" if key in PRIVATE_KEYS else value for key, value in event.items()}
