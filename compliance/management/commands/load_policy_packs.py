"""Put the shipped policy packs into the database, as drafts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from compliance.models import PolicyPack
from compliance.pack_register import load_shipped


class Command(BaseCommand):
    help = "Load the policy packs the platform ships, as drafts for compliance to sign off. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        new = load_shipped()
        self.stdout.write(f"{new} new of {PolicyPack.objects.count()} versions of policy packs.")
