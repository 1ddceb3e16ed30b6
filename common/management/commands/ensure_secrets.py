"""Create the secret files that are missing in SECRETS_DIR."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from common.crypto.keys import reload_keys
from common.crypto.secrets import ensure_secrets


class Command(BaseCommand):
    help = "Creates missing secret files (mode 0600) in SECRETS_DIR and never overwrites one. Back them up."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        created = ensure_secrets(settings.SECRETS_DIR)
        reload_keys()
        self.stdout.write(f"created: {', '.join(created)}" if created else "every secret file is there")
