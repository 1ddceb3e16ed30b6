"""What a person sees when everything is up: the address, who to sign in as, and one debtor's link."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from launcher import services, venv
from launcher.layout import ROOT, Layout

COLUMNS = ("role", "email", "password", "totp")


def show(place: Layout, *, env: dict[str, str]) -> None:
    sys.stdout.write(text(_ask(place, env), url=env["PUBLIC_URL"]))
    sys.stdout.flush()


def _ask(place: Layout, env: dict[str, str]) -> dict[str, Any]:
    """Empty when there is no demo to show; the platform itself is up all the same."""
    command = [str(venv.PYTHON), str(services.MANAGE), "prepare", "--show"]
    with place.log("show").open("wb") as log:
        answer = subprocess.run(
            command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, check=False
        )
    try:
        shown = json.loads(answer.stdout)
    except ValueError:
        return {}
    return shown if isinstance(shown, dict) else {}


def text(shown: dict[str, Any], *, url: str) -> str:
    lines = ["", f"  The platform is up:  {shown.get('url') or url}", ""]
    if logins := shown.get("logins"):
        lines += ["  Sign in as", *_table(logins), ""]
    if link := shown.get("debtor_link"):
        lines += [f"  A debtor's link:     {link}", ""]
    lines += ["  Ctrl-C stops everything; the data is kept.", "", ""]
    return "\n".join(lines)


def _table(logins: list[dict[str, Any]]) -> list[str]:
    rows = [[str(login.get(column) or "") for column in COLUMNS] for login in logins]
    widths = [max(len(row[index]) for row in rows) for index in range(len(COLUMNS))]
    return ["    " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
