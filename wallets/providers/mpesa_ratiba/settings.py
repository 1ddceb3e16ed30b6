"""Builds the adapter from a provider's settings.

Options: `base_url`, `short_code`; optional `transaction_type` (pay bill, or pay merchant for a till) and
`allowed_networks`. Secrets: `consumer_key`, `consumer_secret`, `callback_key`; the same files as M-Pesa's will do.
"""

from django.core.cache import cache

from wallets.providers.config import ProviderConfig
from wallets.providers.errors import ConfigError
from wallets.providers.mpesa.books import Books
from wallets.providers.mpesa.settings import client, door_keys, is_order
from wallets.providers.mpesa.turnstile import Turnstile
from wallets.providers.mpesa_ratiba.adapter import Ratiba
from wallets.providers.mpesa_ratiba.orders import RECEIVER_KINDS, Orders


def build(config: ProviderConfig) -> Ratiba:
    daraja, doors = client(config), door_keys(config)
    kind = config.options.get("transaction_type", "Standing Order Customer Pay Bill")
    if kind not in RECEIVER_KINDS:
        raise ConfigError(f"M-Pesa Ratiba: option 'transaction_type' must be one of {', '.join(RECEIVER_KINDS)}.")
    orders = Orders(daraja=daraja, doors=doors, turnstile=Turnstile(cache), transaction_type=kind)
    return Ratiba(orders=orders, books=Books(daraja, is_order), doors=doors)
