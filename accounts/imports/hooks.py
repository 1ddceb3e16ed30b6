"""What other apps do in the transaction of each chunk, without `accounts` knowing them: postings to the ledger.

A hook learns of accounts nobody knew from `placed`. When `compared` is set, the session table `import_rows` holds the
rows that were compared with what was known. Its columns: `line`, `outcome` (`created` or `updated`; other rows are for
nobody), `account_id`, `currency`, and `moved_principal`, `moved_interest`, `moved_fees`, `moved_costs`: by how much
each component of the cached balance moved, in minor units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

# (account id, currency, (principal, interest, fees, costs) in minor units)
Placed = tuple[int, str, tuple[int, int, int, int]]


@dataclass(frozen=True)
class ChunkContext:
    """`key` names the chunk for ever: a hook may use it to do its work at most once."""

    job_id: UUID
    number: int
    creditor_id: int
    placed: Sequence[Placed] = ()
    compared: bool = True

    @property
    def key(self) -> str:
        return f"import:{self.job_id}:{self.number}"


Hook = Callable[[Any, ChunkContext], None]
_hooks: dict[str, Hook] = {}


def register(name: str, hook: Hook) -> None:
    """Call it in AppConfig.ready; the same name again replaces the hook."""
    _hooks[name] = hook


def run_hooks(cursor: Any, context: ChunkContext) -> None:
    for name in sorted(_hooks):
        _hooks[name](cursor, context)
