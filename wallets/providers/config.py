"""Where a provider's settings come from: plain options, and secrets by reference (files below one directory)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from common import clock
from wallets.providers.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ProviderConfig:
    """`options` are settings by name; `secrets` maps a secret's name to a file relative to `secrets_dir`.

    `takes_money` is the register's word. Where it is False an adapter moves no money by a call of its own, in a
    look-up or a close either; what has moved already is still told.
    """

    key: str
    options: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    secrets_dir: Path = Path()
    currencies: frozenset[str] | None = None
    takes_money: bool = True
    now: Callable[[], datetime] = clock.now

    def option(self, name: str) -> str:
        value = self.options.get(name, "")
        if not value:
            raise ConfigError(f"Provider {self.key}: option {name!r} is not set. Fill it in on the provider's page.")
        return value

    def secret(self, name: str) -> bytes:
        path = self._secret_path(name)
        try:
            return path.read_bytes()
        except OSError as error:
            raise ConfigError(f"Provider {self.key}: the file for secret {name!r} cannot be read.") from error

    def _secret_path(self, name: str) -> Path:
        if not self.secrets.get(name):
            raise ConfigError(f"Provider {self.key}: no file is named for secret {name!r}.")
        base = self.secrets_dir.resolve()
        path = (base / self.secrets[name]).resolve()
        if not path.is_relative_to(base):
            raise ConfigError(f"Provider {self.key}: secret {name!r} must be a file inside the secrets directory.")
        return path
