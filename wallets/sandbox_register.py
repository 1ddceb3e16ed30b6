"""The sandbox's own entries in the provider register: vetted by nobody but us, for play money only."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from common.clock import today
from wallets.models import Provider
from wallets.sandbox.merchant import merchants

REVIEW_EVERY = timedelta(days=365)


def register_sandbox_providers() -> None:
    """Idempotent: makes missing keys and rows, changes nothing that is there."""
    for key, merchant in merchants(settings.WALLET_SANDBOX_URL, settings.SECRETS_DIR).items():
        Provider.objects.get_or_create(
            key=key,
            defaults={
                "name": merchant.name,
                "licence": "Sandbox simulator: no real money",
                "regions": list(merchant.regions),
                "currencies": sorted(merchant.currencies),
                "status": "vetted",
                "review_due": today() + REVIEW_EVERY,
            },
        )
