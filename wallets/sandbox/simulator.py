"""What a simulated wallet is made of, and the ground that all of them share.

A package of this folder with a module `simulator` is found by itself; that module has `make(ground) -> Simulator`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.faults import Faults
from wallets.sandbox.merchant import packages
from wallets.sandbox.notifier import Delivery, Notifier
from wallets.sandbox.store import Document, Store
from wallets.sandbox.web import Route


class Refused(Exception):
    """A business error as the wallet words it."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code)
        self.code, self.text = code, text or code


@dataclass(frozen=True, kw_only=True)
class Ground:
    store: Store
    clock: SandboxClock
    notifier: Notifier
    secrets_dir: Path


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the control page: what is shown, what a button sends, and the buttons as (action, label)."""

    cells: tuple[Any, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    actions: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    title: Any
    header: tuple[Any, ...]
    rows: tuple[Row, ...]


class Simulator:
    """Documents live in the store as `<key>.<kind>`; money that moved is counted as `<key>.debit`, nowhere else."""

    key = ""
    declines: tuple[str, ...] = ()

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.faults = Faults(ground.store, self.key)

    def routes(self) -> list[Route]:
        return []

    def prepare(self, notify: Document) -> Delivery:
        """One signed delivery of a stored notify; `notify["fault"]` spoils it when `notify["tries"]` is 0."""
        raise NotImplementedError

    def act(self, action: str, fields: Document) -> Document:
        """The payer acts in the wallet (pay, decline, sign, unsign, expire...); raises `Refused`."""
        raise Refused("unknown action")

    def tables(self) -> tuple[Table, ...]:
        """What the control page shows of this wallet."""
        return ()

    def reset(self) -> None:
        """Forget what is not in the store."""

    def close(self) -> None:
        """Stop what was started."""


def make_simulators(ground: Ground, only: tuple[str, ...] = ()) -> list[Simulator]:
    """All simulators, or those whose packages are named."""
    return [module.make(ground) for module in packages("simulator", only)]
