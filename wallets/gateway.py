"""The adapter of a registered provider, built from its settings and secrets files.

Settings live in `SECRETS_DIR/wallets/<key>.json`: `{"options": {..}, "secrets": {name: file}, "currencies": [..]}`.
In sandbox mode a provider without such a file speaks to our own simulator.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from common import clock
from common.http import Operation, run
from wallets.health import Meter
from wallets.models import Provider
from wallets.providers import registry
from wallets.providers.base import ConfigError, ProviderConfig, WalletProvider
from wallets.sandbox.merchant import Merchant, merchants

T = TypeVar("T")
# The address book reads it from here: a worker that only has to name the address loads no page for it.
WEBHOOKS = "webhooks/wallets/"
Parts = tuple[dict[str, str], dict[str, str], frozenset[str] | None]


class MerchantChanged(ConfigError):
    """The settings name another merchant account than the one the provider was used with."""


def adapter(provider: Provider) -> WalletProvider:
    """Raises `ConfigError` naming what is missing, `MerchantChanged` when the settings name another account.

    Whether it may take money is as `provider` was read: read the row for the call, and keep no adapter for later.
    """
    wallet, merchant = _configured(provider)
    keep_to_merchant(provider, merchant)
    return wallet


def adapter_at(provider: Provider, moment: Callable[[], datetime]) -> WalletProvider:
    """As `adapter`, with a clock of the caller's: for code that may not touch the database."""
    file, stamp = _settings_file(provider)
    parts = (provider.key, file, stamp, settings.WALLET_SANDBOX_URL, tuple(provider.currencies))
    wallet, merchant = _build(*parts, not provider.standing, moment)
    keep_to_merchant(provider, merchant)
    return wallet


def merchant_in_settings(provider: Provider) -> str:
    """Whose account the provider's settings name just now. Raises `ConfigError`."""
    return _configured(provider)[1]


def keep_to_merchant(provider: Provider, merchant: str) -> None:
    """The account of the first call is kept. Under another one the same reference could be paid twice, and what is
    open under the old one would look as if it had never been."""
    if provider.merchant == merchant or not merchant:
        return
    if not provider.merchant:
        Provider.objects.filter(pk=provider.pk, merchant="").update(merchant=merchant)
        provider.refresh_from_db(fields=["merchant"])
    if provider.merchant not in (merchant, ""):
        raise MerchantChanged(
            _("The settings of %(wallet)s name another merchant account. Nothing is asked under it. ")
            % {"wallet": provider.name}
            + _("Put the former settings back, or move over on the provider's page once nothing is open.")
        )


def _configured(provider: Provider) -> tuple[WalletProvider, str]:
    file, stamp = _settings_file(provider)
    parts = (provider.key, file, stamp, settings.WALLET_SANDBOX_URL, tuple(provider.currencies))
    return _built(*parts, not provider.standing)


def _settings_file(provider: Provider) -> tuple[Path, int]:
    file = Path(settings.SECRETS_DIR) / "wallets" / f"{provider.key}.json"
    return file, file.stat().st_mtime_ns if file.exists() else 0


def notify_url(provider: Provider) -> str:
    return f"{settings.PUBLIC_URL}/{WEBHOOKS}{provider.key}/"


def call(operation: Operation[T], provider: Provider | None = None) -> T:
    """Run a provider's operation and wait. Refuses inside a transaction: a lock must never wait for a network.

    With `provider` its answer, or its silence, counts for its health.
    """
    refuse_inside_transaction()
    if provider is None:
        return run(operation)
    meter = Meter()
    try:
        return meter.run(provider, operation)
    finally:
        meter.flush()


def refuse_inside_transaction() -> None:
    with transaction.atomic(durable=True):
        """Entering raises when there is a transaction already."""


def _build(
    key: str,
    file: Path,
    stamp: int,
    sandbox_url: str,
    currencies: tuple[str, ...],
    takes_money: bool,
    moment: Callable[[], datetime] = clock.now,
) -> tuple[WalletProvider, str]:
    options, secrets, own = _from_file(file) if stamp else _from_sandbox(key, sandbox_url)
    config = ProviderConfig(
        key=key,
        options=options,
        secrets=secrets,
        secrets_dir=Path(settings.SECRETS_DIR),
        currencies=frozenset(currencies) or own,
        takes_money=takes_money,
        now=moment,
    )
    return registry.build(key, config), registry.merchant_of(key, config)


# Reading keys costs more than signing with them; a changed settings file or sandbox address is a new entry.
_built = lru_cache(maxsize=64)(_build)


def _from_file(file: Path) -> Parts:
    try:
        content = json.loads(file.read_text())
        currencies = content.get("currencies")
        return dict(content["options"]), dict(content.get("secrets", {})), currencies and frozenset(currencies)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError("The provider's settings file cannot be read. See docs on wallet settings.") from error


def _from_sandbox(key: str, url: str) -> Parts:
    merchant = _simulated(url, Path(settings.SECRETS_DIR)).get(key) if settings.SANDBOX else None
    if merchant is None:
        raise ConfigError(f"Provider {key} has no settings file. Put it beside its keys in the secrets folder.")
    return dict(merchant.options), dict(merchant.secrets), merchant.currencies


@lru_cache(maxsize=8)
def _simulated(url: str, secrets_dir: Path) -> Mapping[str, Merchant]:
    """Each simulator reads its keys to say what a merchant needs: a quarter of a second, and every debit run asks."""
    return merchants(url, secrets_dir)
