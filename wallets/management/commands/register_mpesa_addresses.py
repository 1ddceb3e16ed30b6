"""Tell Safaricom where to confirm payments to our short code."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.errors import PlatformError
from wallets.gateway import adapter, call, notify_url
from wallets.models import Provider

KEYS = ("mpesa", "mpesa_ratiba")


class Command(BaseCommand):
    help = "Register the address at which Safaricom confirms payments to the short code. A short code has one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider", choices=KEYS)
        parser.add_argument("--address", default="", help="our public notify address, where it is not the usual one")

    def handle(self, *args: Any, **options: Any) -> None:
        provider = Provider.objects.filter(key=options["provider"]).first()
        if provider is None:
            raise CommandError("This provider is not in the register yet.")
        wallet: Any = adapter(provider)
        try:
            call(wallet.register_addresses(options["address"] or notify_url(provider)))
        except PlatformError as error:
            raise CommandError(error.message) from error
        self.stdout.write("Safaricom will confirm payments at our address.")
