"""Builds what the two USDT providers share from a provider's settings."""

import string
from datetime import timedelta

from django.utils.functional import Promise

from wallets.providers.base import Capability, ConfigError, Descriptor, IdempotencyKind, ProviderConfig
from wallets.providers.facts import Books, Facts, Network, no_number
from wallets.providers.usdt.adapter import UsdtAdapter
from wallets.providers.usdt.addresses import AddressBook
from wallets.providers.usdt.chains import Chain
from wallets.providers.usdt.judging import Rules
from wallets.providers.usdt.quoting import COIN
from wallets.providers.usdt.rates import DEFAULT_URL, RateSource

LEAST_MINOR = 100
LEAST_UNITS = 1_000_000
DUST = "10000"
LARGEST_LIST = 1 << 20
CAPABILITIES = frozenset(
    {Capability.ONE_OFF, Capability.QR, Capability.DEPOSIT_ADDRESS, Capability.REVERSIBLE_AFTER_SUCCESS}
)


def describe(*, key: str, display_name: str, currencies: frozenset[str] | None) -> Descriptor:
    """The currencies are the debts' it quotes for. Finality takes a quarter of an hour on Ethereum."""
    return Descriptor(
        key=key,
        display_name=display_name,
        capabilities=CAPABILITIES,
        currencies=currencies or frozenset({"USD", COIN}),
        reference_alphabet=string.hexdigits[:16],
        reference_min_length=64,
        reference_max_length=64,
        idempotency=IdempotencyKind.MERCHANT_REFERENCE,
        min_amount=LEAST_MINOR,
        min_amounts={COIN: LEAST_UNITS},
        pending_after=timedelta(minutes=30),
    )


def chain_facts(known_as: str, name: Promise, *, merchant: tuple[str, ...], network: Network) -> Facts:
    """The books are the chain's own final transfers to our addresses. Payers know the transaction, and nothing else."""
    books = Books(ready=timedelta(hours=1), grace=timedelta(days=1), shows_money_back=False)
    return Facts(known_as=known_as, name=name, merchant=merchant, books=books, network=network, payer_number=no_number)


def assemble(config: ProviderConfig, chain: Chain, *, display_name: str, pay_link: str) -> UsdtAdapter:
    """Options `rate_url`, `rate_source`, `dust` (smallest units), `pay_link`; secrets `account_xpub`,
    `blocked_senders` (optional, one address a line).
    """
    rates = RateSource(
        url=config.options.get("rate_url") or DEFAULT_URL,
        name=config.options.get("rate_source") or "coingecko.com",
        now=config.now,
    )
    return UsdtAdapter(
        describe(key=config.key, display_name=display_name, currencies=config.currencies),
        chain=chain,
        book=AddressBook(config.secret("account_xpub"), chain.network),
        rates=rates,
        rules=Rules(token=chain.token, dust=_dust(config), blocked=_blocked(config)),
        pay_link=_link(config.options.get("pay_link") or pay_link),
        now=config.now,
    )


def _dust(config: ProviderConfig) -> int:
    text = config.options.get("dust") or DUST
    if not (text.isascii() and text.isdigit()):
        raise ConfigError("USDT: option 'dust' must be a whole number of the token's smallest units.")
    return int(text)


def _blocked(config: ProviderConfig) -> frozenset[str]:
    if "blocked_senders" not in config.secrets:
        return frozenset()
    content = config.secret("blocked_senders")[:LARGEST_LIST].decode("ascii", "replace")
    return frozenset(line.strip() for line in content.splitlines() if line.strip())


def _link(template: str) -> str:
    try:
        template.format(token="", address="", units=0, until=0)
    except (KeyError, IndexError, ValueError) as error:
        raise ConfigError("USDT: option 'pay_link' may only name {token}, {address}, {units} and {until}.") from error
    return template
