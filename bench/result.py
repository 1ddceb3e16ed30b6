"""One line of the bench's output."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Result:
    """`limit` names the bare operation the job is held against; `peers` are others' rates on the same work."""

    job: str
    n: int
    seconds: float
    limit: str
    limit_rate: float
    peers: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return self.n / self.seconds

    def line(self) -> str:
        measured = {
            "job": self.job,
            "n": self.n,
            "seconds": round(self.seconds, 2),
            "rate": round(self.rate),
            "limit": self.limit,
            "limit_rate": round(self.limit_rate),
            "ratio": round(self.rate / self.limit_rate, 4),
        }
        return json.dumps(measured | self.peers | self.notes)
