"""Builds the adapter from a provider's settings.

Options: `base_url`, `short_code`; optional `transaction_type` (`CustomerPayBillOnline`, or `CustomerBuyGoodsOnline`
with the till as `receiver`), `allowed_networks` (where callbacks may come from), and for refunds `initiator` and
`callback_url` (our public notify address; it must not contain Safaricom's product names).
Secrets: `consumer_key`, `consumer_secret`, `passkey`, `callback_key` (32 random bytes or more; changing it shuts the
addresses given out before); for refunds `initiator_password` and `certificate`.
"""

from django.core.cache import cache

from wallets.providers.config import ProviderConfig
from wallets.providers.errors import ConfigError
from wallets.providers.mpesa import wire
from wallets.providers.mpesa.adapter import MPesa
from wallets.providers.mpesa.books import Books
from wallets.providers.mpesa.daraja import Daraja
from wallets.providers.mpesa.doors import Doors, read_networks
from wallets.providers.mpesa.prompts import Prompts
from wallets.providers.mpesa.reversals import Reversals, security_credential
from wallets.providers.mpesa.turnstile import Turnstile

TRANSACTION_TYPES = ("CustomerPayBillOnline", "CustomerBuyGoodsOnline")
ORDER_PREFIX = "S"


def build(config: ProviderConfig) -> MPesa:
    daraja, doors = client(config), door_keys(config)
    turnstile = Turnstile(cache)
    books = Books(daraja, lambda reference: not is_order(reference))
    kind = config.options.get("transaction_type", TRANSACTION_TYPES[0])
    if kind not in TRANSACTION_TYPES:
        raise ConfigError(f"M-Pesa: option 'transaction_type' must be one of {', '.join(TRANSACTION_TYPES)}.")
    prompts = Prompts(
        daraja=daraja,
        doors=doors,
        turnstile=turnstile,
        passkey=text(config, "passkey"),
        transaction_type=kind,
        receiver=config.options.get("receiver") or daraja.short_code,
    )
    reversals = None
    if config.options.get("initiator"):
        reversals = Reversals(
            daraja=daraja,
            books=books,
            doors=doors,
            turnstile=turnstile,
            callback_url=config.option("callback_url"),
            initiator=config.option("initiator"),
            credential=security_credential(config.secret("initiator_password"), config.secret("certificate")),
        )
    return MPesa(prompts=prompts, books=books, doors=doors, reversals=reversals)


def client(config: ProviderConfig) -> Daraja:
    if config.currencies not in (None, frozenset({wire.HOME_CURRENCY})):
        raise ConfigError("M-Pesa moves Kenyan shillings only. Set the provider's currencies to KES.")
    return Daraja(
        base_url=config.option("base_url").rstrip("/"),
        short_code=config.option("short_code"),
        now=config.now,
        consumer_key=text(config, "consumer_key"),
        consumer_secret=text(config, "consumer_secret"),
    )


def door_keys(config: ProviderConfig) -> Doors:
    networks = read_networks(config.options.get("allowed_networks", "").split(","))
    return Doors(config.secret("callback_key"), networks)


def is_order(reference: str) -> bool:
    """Whether an account reference is one of our standing orders'."""
    return len(reference) == wire.REFERENCE_LENGTH and reference.startswith(ORDER_PREFIX)


def text(config: ProviderConfig, name: str) -> str:
    try:
        return config.secret(name).decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise ConfigError(f"M-Pesa: the file for secret {name!r} is not plain text.") from error
