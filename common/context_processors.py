"""What every page's frame needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from common import clock


def site(request: HttpRequest) -> dict[str, Any]:
    return {"sandbox": settings.SANDBOX, "clock_now": clock.now(), "public_url": settings.PUBLIC_URL}
