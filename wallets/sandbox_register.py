"""The sandbox's own entries in the provider register: vetted by nobody but us, for play money only."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from common.clock import today
from wallets.models import Provider
from wallets.sandbox import merchant
from wallets.sandbox.keys import ensure_alipay_keys

REVIEW_EVERY = timedelta(days=365)


def register_sandbox_providers() -> None:
    """Idempotent: makes missing keys and rows, changes nothing that is there."""
    ensure_alipay_keys(settings.SECRETS_DIR)
    Provider.objects.get_or_create(
        key="alipay",
        defaults={
            "name": "Alipay",
            "licence": "Sandbox simulator: no real money",
            "regions": ["CN"],
            "currencies": sorted(merchant.alipay_currencies() or {"CNY"}),
            "status": "vetted",
            "review_due": today() + REVIEW_EVERY,
        },
    )
