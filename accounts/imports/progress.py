"""A job's counters while it works, written at most twice a second."""

from __future__ import annotations

import time
from typing import Any

from django.db.models import Sum

from accounts.imports.chunk import OUTCOMES, ChunkResult
from accounts.models import ImportJob

PROBLEMS_SHOWN = 100
_SECONDS_BETWEEN = 0.5


class Progress:
    def __init__(self, job: ImportJob) -> None:
        self.job, self._written = job, 0.0
        self.counts = dict.fromkeys((*OUTCOMES, "bad"), 0)
        self.problems: list[tuple[int, list[str]]] = []

    def resume(self) -> None:
        """Start from the chunks that are in."""
        sums = self.job.chunks.aggregate(**{name: Sum(f"rows_{name}") for name in self.counts})
        self.counts = {name: sums[name] or 0 for name in self.counts}

    def add(self, result: ChunkResult) -> None:
        for name in self.counts:
            self.counts[name] += getattr(result, name)
        self.problems = sorted([*self.problems, *result.problems[:PROBLEMS_SHOWN]])[:PROBLEMS_SHOWN]
        if time.monotonic() - self._written >= _SECONDS_BETWEEN:
            self.write()

    def write(self) -> None:
        self._written = time.monotonic()
        ImportJob.objects.filter(pk=self.job.pk).update(**self.columns())

    def columns(self) -> dict[str, Any]:
        counts = {f"rows_{name}": count for name, count in self.counts.items()}
        return counts | {"rows_done": sum(self.counts.values())}

    def problems_json(self) -> list[dict[str, Any]]:
        return [
            {"line": line, "column": "", "reason": reason} for line, reasons in self.problems for reason in reasons
        ][:PROBLEMS_SHOWN]
