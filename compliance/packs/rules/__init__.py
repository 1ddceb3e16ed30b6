"""One file per rule type, and the table that finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from compliance.packs.look import Look
from compliance.packs.rules import (
    audience,
    cap,
    consent,
    content,
    cooldown,
    freeze,
    mandate,
    notice,
    opt_out,
    prenotice,
    retention,
    retry,
    window,
)
from compliance.packs.schema import Pack, Rule
from compliance.packs.verdicts import Finding

Judge = Callable[[Look], Iterable[Finding]]
BUILDERS: Mapping[str, Callable[[Rule, Pack], Judge]] = {
    "window": window.build,
    "cap": cap.build,
    "cooldown": cooldown.build,
    "consent": consent.build,
    "opt_out": opt_out.build,
    "audience": audience.build,
    "freeze": freeze.build,
    "notice": notice.build,
    "content": content.build,
    "mandate": mandate.build,
    "prenotice": prenotice.build,
    "retry": retry.build,
    "retention": retention.build,
}
