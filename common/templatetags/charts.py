"""Small charts drawn on the server as SVG: they print, need no script and carry their numbers as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template

register = template.Library()

WIDTH, HEIGHT = 100, 30


@register.inclusion_tag("components/sparkline.html")
def sparkline(values: Sequence[int], label: str = "") -> dict[str, Any]:
    points = line_points(values)
    area = f"0,{HEIGHT} {points} {WIDTH},{HEIGHT}" if points else ""
    return {"points": points, "area": area, "label": label, "width": WIDTH, "height": HEIGHT}


def line_points(values: Sequence[int]) -> str:
    """Points of a line through the values, scaled to the view box and kept clear of its edges."""
    if len(values) < 2:
        return ""
    low, span = min(values), (max(values) - min(values)) or 1
    step = WIDTH / (len(values) - 1)
    return " ".join(
        f"{index * step:.2f},{HEIGHT - 2 - (value - low) * (HEIGHT - 4) / span:.2f}"
        for index, value in enumerate(values)
    )


@register.inclusion_tag("components/bars.html")
def bars(rows: Sequence[Mapping[str, Any]], label: str = "") -> dict[str, Any]:
    """Horizontal bars. A row has `label`, `value` (a number), `text` (as read) and maybe `href`, `tone`."""
    top = max((row["value"] for row in rows), default=0) or 1
    shown = [{**row, "width": f"{max(row['value'], 0) * 100 / top:.2f}%"} for row in rows]
    return {"rows": shown, "label": label}


@register.inclusion_tag("components/columns.html")
def columns(rows: Sequence[Mapping[str, Any]], label: str = "") -> dict[str, Any]:
    """Columns over time. A row has `label`, `value`, `text`; `tone` colours one of them."""
    top = max((row["value"] for row in rows), default=0) or 1
    slot = WIDTH / max(len(rows), 1)
    shown = [column(row, index=index, slot=slot, top=top) for index, row in enumerate(rows)]
    named = [rows[0], rows[len(rows) // 2], rows[-1]] if len(rows) > 2 else list(rows)
    return {"rows": shown, "label": label, "named": named}


def column(row: Mapping[str, Any], *, index: int, slot: float, top: int) -> dict[str, Any]:
    """The row with its rectangle in a view box of 100 by 100."""
    tall = max(row["value"], 0) * 96 / top
    return {
        **row,
        "x": f"{(index + 0.15) * slot:.2f}",
        "y": f"{100 - tall:.2f}",
        "w": f"{slot * 0.7:.2f}",
        "h": f"{tall:.2f}",
    }
