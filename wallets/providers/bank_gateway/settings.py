"""Builds the adapter from a provider's settings.

Options: `base_url`, `merchant_id`, `record` (see `record.py`; JSON text, or an object in the settings file).
Secrets: `private_key` (ours) and `bank_public_key`, both PEM.
"""

from wallets.providers.bank_gateway import record
from wallets.providers.bank_gateway.adapter import BankGateway
from wallets.providers.bank_gateway.channel import Channel, private_key, public_key
from wallets.providers.config import ProviderConfig
from wallets.providers.errors import ConfigError


def build(config: ProviderConfig) -> BankGateway:
    about = record.read(config.option("record"))
    if config.currencies not in (None, frozenset({about.currency})):
        raise ConfigError(f"Bank gateway: the record is for {about.currency}. Set the provider's currencies to it.")
    channel = Channel(
        record=about,
        base_url=config.option("base_url").rstrip("/"),
        merchant_id=config.option("merchant_id"),
        now=config.now,
        own_key=private_key(config.secret("private_key")),
        bank_key=public_key(config.secret("bank_public_key")),
    )
    return BankGateway(channel)
