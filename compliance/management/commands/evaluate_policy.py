"""Try policy packs on a file of scenarios. Needs no database and no running server."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from compliance.packs.errors import PackError
from compliance.packs.loader import load_packs
from compliance.packs.scenarios import Outcome, Runner

DIFFERENT, BAD_FILE = 1, 2


class Command(BaseCommand):
    help = (
        "Evaluate every case of a scenario file under the packs of a folder. Ends with 0 when all decisions are as"
        " expected, 1 when one differs, 2 when a file cannot be read (a named error says where and what to do)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--packs", type=Path, required=True, help="folder with packs, or one file")
        parser.add_argument("--scenarios", type=Path, required=True, help="file of scenarios")
        parser.add_argument("--json", action="store_true", help="print JSON instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            packs = load_packs(options["packs"])
            outcomes = list(Runner(packs).run(options["scenarios"]))
        except PackError as error:
            if options["json"]:
                self.stdout.write(json.dumps(error.as_json(), ensure_ascii=False))
            self.stderr.write(f"{error.code}: {error}")
            sys.exit(BAD_FILE)
        (self._as_json if options["json"] else self._as_lines)(outcomes)
        unreadable = any("error" in one.got for one in outcomes)
        if unreadable or not all(one.ok for one in outcomes):
            sys.exit(BAD_FILE if unreadable else DIFFERENT)

    def _as_json(self, outcomes: Sequence[Outcome]) -> None:
        body = {"cases": [one.as_json() for one in outcomes], "summary": _summary(outcomes)}
        self.stdout.write(json.dumps(body, ensure_ascii=False, indent=1, default=str))

    def _as_lines(self, outcomes: Sequence[Outcome]) -> None:
        for one in outcomes:
            self.stdout.write(f"{'ok  ' if one.ok else 'DIFF'} {one.scenario}{one.case}: {one.title}")
            if not one.ok:
                self.stdout.write(f"     expected {dict(one.expected)}\n     got      {dict(one.got)}")
                self.stdout.writelines(f"     {reason}\n" for reason in one.reasons)
        self.stdout.write("{ok} of {cases} as expected.".format(**_summary(outcomes)))


def _summary(outcomes: Sequence[Outcome]) -> dict[str, int]:
    right = sum(one.ok for one in outcomes)
    unreadable = sum("error" in one.got for one in outcomes)
    different = len(outcomes) - right - unreadable
    return {"cases": len(outcomes), "ok": right, "different": different, "unreadable": unreadable}
