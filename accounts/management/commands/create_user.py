"""Invite somebody from the command line: the first administrator has nobody to invite them."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.events import record_event
from accounts.models import Creditor, User


class Command(BaseCommand):
    help = "Create a user and print a first password. The second factor is set up at the first sign-in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--role", choices=User.Role.values, default=User.Role.ADMIN)
        parser.add_argument("--creditor", help="the creditor's code, for role creditor")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        if User.objects.filter(email=email).exists():
            raise CommandError("There is a user with this e-mail address already.")
        if (options["role"] == User.Role.CREDITOR) != bool(options["creditor"]):
            raise CommandError("Give --creditor CODE with the role creditor, and only with it.")
        password = secrets.token_urlsafe(15)
        user = User.objects.create_user(
            email, password, name=options["name"], role=options["role"], creditor=self._creditor(options["creditor"])
        )
        record_event("user.created", source="command", user=user.pk, role=user.role)
        self.stdout.write(f"Created {email}. First password: {password}")

    @staticmethod
    def _creditor(code: str | None) -> Creditor | None:
        if not code:
            return None
        creditor = Creditor.objects.filter(code=code).first()
        if creditor is None:
            raise CommandError(f"There is no creditor with the code {code}.")
        return creditor
