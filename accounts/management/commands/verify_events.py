"""Recompute the seals of the business record and say whether anything was changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.events import broken_seals
from accounts.models import EventSeal


class Command(BaseCommand):
    help = "Verify the hash chain over all sealed events; exits non-zero when a block does not match."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = list(broken_seals())
        for sentence in broken:
            self.stderr.write(sentence)
        if broken:
            raise CommandError(f"{len(broken)} block(s) do not match their events. Keep the database as evidence.")
        self.stdout.write(f"{EventSeal.objects.count()} blocks verified: nothing was changed.")
