"""The current six digits of a demo login's second factor."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from collections_platform.demo.staff import LOGINS

PERIOD_SECONDS = 30


class Command(BaseCommand):
    help = "Sandbox only: print the current second-factor code of a demo login."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", choices=[login.email for login in LOGINS])

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX:
            raise CommandError("Demo logins exist in sandbox mode only.")
        secret = next(login.totp for login in LOGINS if login.email == options["email"])
        # An authenticator app reads the real clock, and so does the check at sign-in.
        self.stdout.write(format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD_SECONDS)))
