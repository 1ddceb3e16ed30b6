"""What a person sees when everything is up: the address, who to sign in as, and one debtor's link."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from launcher.layout import Layout

COLUMNS = ("role", "email", "password", "totp")


def show(place: Layout, *, url: str) -> None:
    sys.stdout.write(text(_told(place.facts_file), url=url))
    sys.stdout.flush()


def _told(facts: Path) -> dict[str, Any]:
    """What `prepare` left for us, read once: it holds a debtor's link. Without a demo there is nothing to tell."""
    try:
        shown = json.loads(facts.read_text())
    except (OSError, ValueError):
        return {}
    finally:
        facts.unlink(missing_ok=True)
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
