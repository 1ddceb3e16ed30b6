"""Finds wallet providers: one module or package per provider in this folder, or an entry point of another distribution.

A provider module has `build(config: ProviderConfig) -> WalletProvider`, and `FACTS`: what is true of the wallet
whatever its settings say. Adding one needs no change here or anywhere else.
"""

import json
import logging
import pkgutil
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

import wallets.providers
from wallets.providers.base import ConfigError, ProviderConfig, WalletProvider
from wallets.providers.facts import Facts, Network

logger = logging.getLogger(__name__)
ENTRY_POINT_GROUP = "collections_platform.wallets"


def available() -> tuple[str, ...]:
    """Keys of all providers that could be configured, sorted."""
    return tuple(sorted(_built_in() | set(_third_party())))


def build(key: str, config: ProviderConfig) -> WalletProvider:
    """The provider `key` with these settings; raises `ConfigError` naming what is missing."""
    provider: WalletProvider = _module(key).build(config)
    if provider.descriptor.key != key:
        raise ConfigError(f"The module for provider {key} describes itself as {provider.descriptor.key}.")
    return provider


@cache
def facts_of(key: str) -> Facts:
    """Of a wallet that is not installed any more, or cannot be loaded, what is true of most."""
    try:
        facts = getattr(_module(key), "FACTS", None)
    except ConfigError:
        facts = None
    except Exception:  # whatever another's package raises must not stop ours
        logger.exception("a wallet cannot be loaded", extra={"provider": key})
        facts = None
    return facts or Facts(known_as=key, name=key)


def every_facts() -> dict[str, Facts]:
    """Of all that could be configured, by key."""
    return {key: facts_of(key) for key in available()}


def network_of(name: str) -> Network | None:
    """The chain that a provider knows by this name."""
    known = (facts.network for facts in every_facts().values() if facts.network)
    return next((network for network in known if network.name == name), None)


def merchant_of(key: str, config: ProviderConfig) -> str:
    """Whose account at the provider these settings name, for people to read; a secret counts by its fingerprint."""
    names = facts_of(key).merchant
    said = (_first_said(config, (name,) if isinstance(name, str) else name) for name in names)
    return ", ".join(filter(None, said)) or f"settings {_settings_mark(config)}"


def _first_said(config: ProviderConfig, names: tuple[str, ...]) -> str:
    values = ((name, config.options.get(name) or _fingerprint(config, name)) for name in names)
    return next((f"{name} {value}" for name, value in values if value), "")


def _fingerprint(config: ProviderConfig, name: str) -> str:
    return _mark(config.secret(name).strip()) if name in config.secrets else ""


def _settings_mark(config: ProviderConfig) -> str:
    """Every option, and which files hold the secrets: a key may be renewed in its place, another account's may not."""
    told = {"options": dict(config.options), "secrets": dict(config.secrets)}
    return _mark(json.dumps(told, sort_keys=True, default=str).encode())


def _mark(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]


@cache
def _built_in() -> frozenset[str]:
    return frozenset(name for name in _own_modules() if hasattr(import_module(f"wallets.providers.{name}"), "build"))


@cache
def _own_modules() -> frozenset[str]:
    return frozenset(module.name for module in pkgutil.iter_modules(wallets.providers.__path__)) - {"registry"}


@cache
def _third_party() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def _module(key: str) -> ModuleType:
    # Only the one that is asked for: a vendor's SDK is heavy, and one that cannot be loaded must not stop the others.
    own = import_module(f"wallets.providers.{key}") if key in _own_modules() else None
    if own and hasattr(own, "build"):
        return own
    if key in _third_party():
        return _third_party()[key].load()
    raise ConfigError(f"There is no wallet provider {key!r}. Known: {', '.join(available())}.")
