"""Finds wallet providers: one module or package per provider in this folder, or an entry point of another distribution.

A provider module has `build(config: ProviderConfig) -> WalletProvider`, and `MERCHANT`: the names of the options and
secrets that say whose money it is, and in whose books its references live; of several in brackets the first that is
set. A wallet that does not say is known by all its settings. Adding one needs no change here.
"""

import json
import pkgutil
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

import wallets.providers
from wallets.providers.base import ConfigError, ProviderConfig, WalletProvider

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


def merchant_of(key: str, config: ProviderConfig) -> str:
    """Whose account at the provider these settings name, for people to read; a secret counts by its fingerprint."""
    names = getattr(_module(key), "MERCHANT", ())
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
