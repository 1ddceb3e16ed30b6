"""State machines as tables: what is not listed cannot happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import CheckConstraint, Q

from common.errors import IllegalTransition


@dataclass(frozen=True)
class StateTable:
    """`edges` maps each state to the states it may become; a state with no edges is final."""

    name: str
    edges: Mapping[str, tuple[str, ...]]

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.edges)

    @property
    def final(self) -> tuple[str, ...]:
        return tuple(state for state, following in self.edges.items() if not following)

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(state, state.replace("_", " ")) for state in self.edges]

    def allows(self, before: str, after: str) -> bool:
        return after in self.edges.get(before, ())

    def sources(self, after: str) -> tuple[str, ...]:
        """The states from which `after` can be reached: the filter of a compare-and-set."""
        return tuple(state for state, following in self.edges.items() if after in following)

    def check(self, before: str, after: str) -> None:
        if not self.allows(before, after):
            raise IllegalTransition(
                f"A {self.name} cannot go from {before} to {after}.", machine=self.name, before=before, after=after
            )

    def constraint(self, field: str, name: str) -> CheckConstraint:
        """The same vocabulary enforced by the database."""
        return CheckConstraint(condition=Q(**{f"{field}__in": list(self.edges)}), name=name)
