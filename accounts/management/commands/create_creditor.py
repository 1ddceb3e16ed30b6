"""Register a creditor, with a key for its machines."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.api_keys import create_api_key
from accounts.events import record_event
from accounts.models import Creditor
from accounts.models.api_keys import SCOPES
from accounts.webhooks.sandbox import ensure_sandbox_endpoint


class Command(BaseCommand):
    help = "Register a creditor and print an API key for its machines (shown once)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="short name used in files and commands")
        parser.add_argument("--name", required=True)
        parser.add_argument("--country", required=True, help="two letters, ISO 3166")
        parser.add_argument("--role", choices=Creditor.Role.values, default=Creditor.Role.THIRD_PARTY)
        parser.add_argument("--support-email", default="")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if Creditor.objects.filter(code=options["code"]).exists():
            raise CommandError("There is a creditor with this code already.")
        creditor = Creditor.objects.create(
            code=options["code"],
            name=options["name"],
            country=options["country"].upper()[:2],
            role=options["role"],
            support_email=options["support_email"],
        )
        record_event("creditor.created", creditor=creditor, source="command")
        _row, key = create_api_key("first key", creditor=creditor, scopes=list(SCOPES))
        if settings.SANDBOX:
            ensure_sandbox_endpoint(creditor)
        self.stdout.write(f"Created {creditor.name}. API key: {key}")
