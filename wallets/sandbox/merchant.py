"""How the product is set up against the sandbox: settings and secrets of its merchant account at each wallet.

A package of this folder with a module `merchant` is found by itself; that module has
`merchants(base_url, secrets_dir) -> {provider key: Merchant}`, makes missing keys and imports nothing heavy. Another
distribution names one module, with `merchants` and the simulator's `make` in it, in an entry-point group.
"""

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
ENTRY_POINT_GROUP = "collections_platform.wallet_sandboxes"


@dataclass(frozen=True, kw_only=True)
class Merchant:
    """Options and secret files (relative to the secrets folder) of a provider, and its row in the register.

    `registers_address`: the wallet is told by a call where its notices go, as an operator does for a real account.
    """

    name: str
    regions: tuple[str, ...]
    options: Mapping[str, str]
    currencies: frozenset[str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    registers_address: bool = False


def merchants(base_url: str, secrets_dir: Path | str, *, only: tuple[str, ...] = ()) -> dict[str, Merchant]:
    """Every provider the sandbox can stand in for, by key; missing keys are made."""
    found: dict[str, Merchant] = {}
    for module in packages("merchant", only):
        found |= module.merchants(base_url.rstrip("/"), Path(secrets_dir))
    return found


@cache
def packages(module: str, only: tuple[str, ...] = ()) -> tuple[ModuleType, ...]:
    """The module of that name of every simulator's package, or of those named, sorted by package."""
    names = sorted(found.name for found in pkgutil.iter_modules([str(HERE)]) if found.ispkg)
    wanted = (name for name in names if not only or name in only)
    complete = (name for name in wanted if (HERE / name / f"{module}.py").exists())
    own = (import_module(f"wallets.sandbox.{name}.{module}") for name in complete)
    return *own, *_of_others(only)


def _of_others(only: tuple[str, ...]) -> tuple[ModuleType, ...]:
    points = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name)
    return tuple(point.load() for point in points if not only or point.name in only)
