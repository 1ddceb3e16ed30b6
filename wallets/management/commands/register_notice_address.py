"""Tell a wallet where to send its notices, where the wallet has to be told by a call."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.errors import PlatformError
from wallets.gateway import adapter, call, notify_url
from wallets.models import Provider
from wallets.providers.base import AddressRegistrar


class Command(BaseCommand):
    help = "Tell a wallet, once, where to send its notices. Of M-Pesa's a short code has one address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("provider", help="its key in the register")
        parser.add_argument("--address", default="", help="our public notify address, where it is not the usual one")

    def handle(self, *args: Any, **options: Any) -> None:
        provider = Provider.objects.filter(key=options["provider"]).first()
        if provider is None:
            raise CommandError("This provider is not in the register yet.")
        try:
            wallet = adapter(provider)
            if not isinstance(wallet, AddressRegistrar):
                raise CommandError(f"{provider.name} is told our address with each payment. There is nothing to do.")
            call(wallet.register_addresses(options["address"] or notify_url(provider)))
        except PlatformError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{provider.name} will send its notices to our address.")
