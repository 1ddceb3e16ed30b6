"""A schedule as a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reminders.models import Step
from reminders.schedules.words import when_words
from reminders.words import purpose_words

SLOT, LEFT, HEIGHT, LINE = 140, 80, 110, 48


def picture(steps: Sequence[Step]) -> dict[str, Any]:
    """Steps at equal distances in their order, the due date as a line among them: days would crowd at the start."""
    dots, before = [], sum(step.offset_days < 0 for step in steps)
    for index, step in enumerate(steps):
        place = index if step.offset_days < 0 else index + 1
        dots.append(
            {
                "x": LEFT + place * SLOT,
                "before": step.offset_days < 0,
                "follows": step.after_previous is not None,
                "title": purpose_words(step.template_key),
                "day": f"+{step.after_previous}" if step.after_previous is not None else when_words(step),
            }
        )
    width = 2 * LEFT + len(steps) * SLOT
    return {"dots": dots, "due_x": LEFT + before * SLOT, "width": width, "height": HEIGHT, "line": LINE}
