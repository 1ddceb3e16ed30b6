"""Who runs this installation."""

from __future__ import annotations

from django.conf import settings


def company_name() -> str:
    return str(getattr(settings, "COMPANY_NAME", "Fairway Collections"))
