"""Who runs this installation."""

from __future__ import annotations

from django.conf import settings


def company_name() -> str:
    return str(getattr(settings, "COMPANY_NAME", "Fairway Collections"))


def company_address() -> list[str]:
    """Where letters to us go, line by line; empty where nobody has set it (COMPANY_ADDRESS, lines parted by `;`)."""
    return [line.strip() for line in str(getattr(settings, "COMPANY_ADDRESS", "")).split(";") if line.strip()]
