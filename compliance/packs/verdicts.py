"""What the gate answers, from the mildest to the strictest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from django.utils import translation

from compliance.packs.schema import Pack, Rule


class Kind(IntEnum):
    """In the order of strictness: the largest of all findings is the verdict."""

    ALLOW = 0
    ALLOW_WITH = 1
    DEFER = 2
    REVIEW = 3
    HOLD = 4
    BLOCK = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule said. `words` is a message id, put into the reader's language with `args` when it is read.

    A finding of ALLOW only carries a requirement, one that the message or the entry fulfils by itself.
    """

    kind: Kind
    rule: Rule
    words: str
    args: Mapping[str, Any] = field(default_factory=dict)
    until: datetime | None = None
    requires: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        words = translation.gettext(self.words)
        return words % self.args if self.args else words


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rules`: those whose word the verdict is, in the order of the packs. `findings`: everything that was said."""

    kind: Kind
    until: datetime | None = None
    findings: tuple[Finding, ...] = ()
    packs: tuple[Pack, ...] = ()

    @property
    def rules(self) -> tuple[str, ...]:
        if self.kind is Kind.ALLOW:
            return ()
        return tuple(dict.fromkeys(found.rule.id for found in self.findings if found.kind is self.kind))

    @property
    def requirements(self) -> tuple[str, ...]:
        """What must be done with it; only those of ALLOW_WITH change the verdict."""
        return tuple(dict.fromkeys(word for found in self.findings for word in found.requires))

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(found.reason for found in self.findings if found.kind is not Kind.ALLOW)
